"""What a process may keep from one run to the next; here nothing is kept, the engine has a store in its place."""

from ecoval.layers.compute import compute


class Fresh:
    """Everything is made anew."""

    @staticmethod
    def passed(layers, threads=None, progress=None):
        """The pass over the tiles.

        Parameters
        ----------
        layers : Layers
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        Totals
        """
        return compute(layers, threads=threads, progress=progress)

    @staticmethod
    def prepared(key, paths, make):
        """An array that is long to make.

        Parameters
        ----------
        key : object
            What it depends on beside the files.
        paths : vector (files)
        make : callable

        Returns
        -------
        array
        """
        del key, paths
        return make()
