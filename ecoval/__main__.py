"""Entry of ``python -m ecoval`` and of the installed command."""

from ecoval.cli import main

if __name__ == "__main__":
    main()
