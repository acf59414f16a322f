"""`python -m facestream`."""

from facestream.cli import main

main()
