"""The window parts of the plugin: dock, tools, options. Nothing is computed here."""
