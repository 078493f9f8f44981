"""`python -m lever_assets` is the command `lever-assets`."""

from lever_assets.cli import main

if __name__ == "__main__":
    main()
