"""`python -m steadymask` is the command line."""

from steadymask.cli import main

if __name__ == "__main__":
    main()
