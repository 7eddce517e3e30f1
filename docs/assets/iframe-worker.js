// A browser starts no worker for a page that was opened from a folder; the site's search then runs in a hidden frame of the page.
if (location.protocol === "file:") {
  const load = (scope, url) =>
    new Promise((resolve, reject) => {
      const script = scope.document.createElement("script");
      script.src = url;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`not loaded: ${url}`));
      scope.document.body.append(script);
    });

  // The search looks for this name to learn that it runs in a frame, where paths are those of its first script.
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.scope = frame.contentWindow;
      this.scope.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.scope.importScripts = async (...urls) => {
        for (const each of urls) await load(this.scope, each);
      };
      this.ready = load(this.scope, new URL(url, location.href).href);
    }

    postMessage(data) {
      this.ready.then(() => this.scope.dispatchEvent(new MessageEvent("message", { data })));
    }
  };
  window.Worker = window.IFrameWorker;
}
