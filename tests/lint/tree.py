"""The files that lints read, and how a lint says what is wrong.

A lint is a program `tests/lint/<name> [ROOT]`: it prints one line per breach and leaves with 1 when
there was any.  To add one: write it, add its name to tests/lint/lints.txt, and give self_test a
breach that it must find.
"""
import os
import sys

# What is made rather than written.
MADE = {".git", "build", "var", "out", "__pycache__"}


class Tree:
    def __init__(self, name):
        here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        words = [word for word in sys.argv[1:] if not word.startswith("-")]
        self.root = os.path.abspath(words[0]) if words else here
        self.name = name
        self.breaches = 0
        self.files = []
        for folder, folders, names in os.walk(self.root):
            inside = os.path.relpath(folder, self.root)
            folders[:] = sorted(f for f in folders if f not in MADE and not (inside == "." and f.startswith("build")))
            for file in sorted(names):
                self.files.append(os.path.normpath(os.path.join(inside, file)))

    def path(self, file):
        return os.path.join(self.root, file)

    def exists(self, file):
        return os.path.exists(self.path(file))

    def text(self, file):
        with open(self.path(file), encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def lines(self, file):
        return enumerate(self.text(file).split("\n"), 1)

    def ending(self, *endings):
        return [file for file in self.files if file.endswith(endings)]

    def say(self, file, line, sentence):
        self.breaches += 1
        where = f"{file}:{line}" if line else file
        print(f"{where}: {sentence}")

    def leave(self):
        if self.breaches:
            print(f"{self.name}: {self.breaches} breaches")
        sys.exit(1 if self.breaches else 0)


def without_comments(text):
    """C text with comments and what stands in quotes blanked, line for line."""
    out = []
    i, mode = 0, ""
    while i < len(text):
        two = text[i:i + 2]
        if mode == "":
            if two in ("/*", "//"):
                mode = two
                out.append("  ")
                i += 2
                continue
            if text[i] in "\"'":
                mode = text[i]
            out.append(text[i])
        elif mode == "/*" and two == "*/" or mode == "//" and text[i] == "\n":
            out.append("  " if mode == "/*" else "\n")
            i += 2 if mode == "/*" else 1
            mode = ""
            continue
        elif mode in "\"'" and text[i] == "\\":
            out.append("  ")
            i += 2
            continue
        elif mode in "\"'" and text[i] in (mode, "\n"):
            out.append(text[i])
            mode = ""
        else:
            out.append("\n" if text[i] == "\n" else " ")
        i += 1
    return "".join(out)
