"""A page that a tool makes from a table."""
import sys


def keep(path, text):
    """Writes the page; with --check, says that it is not this text. Returns the exit status."""
    if "--check" not in sys.argv:
        path.write_text(text)
        return 0
    if path.is_file() and path.read_text() == text:
        return 0
    print(f"{path} is out of date: run {sys.argv[0]}")
    return 1
