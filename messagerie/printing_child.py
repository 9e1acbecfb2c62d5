"""Program: JSON on its input, PDF on its output. Argument: the path of the Typst template.

Run on its own by `messagerie.printing`, in an empty directory: no file to read but the template, no
package to fetch, only the fonts embedded in the typst package.
"""

import resource
import sys
from contextlib import suppress
from pathlib import Path

import typst

CPU_SECONDS = 15
MOST_MEMORY = 1_500_000_000  # bytes of address space


def make(template: bytes, data: str, root: Path) -> bytes:
    """The PDF of `data` (JSON text).

    Accessible (PDF/UA-1) whenever it can be; that standard refuses a letter that no font has,
    which a name may hold: it is then a plain tagged PDF.
    """
    given = {
        "root": root,
        "font_paths": typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
        "ignore_system_fonts": True,
        "sys_inputs": {"data": data},
        "package_path": root,
        "package_cache_path": root,
        "format": "pdf",
    }
    try:
        return typst.compile(template, pdf_standards="ua-1", **given)
    except typst.TypstError:
        return typst.compile(template, **given)


def main() -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    template = Path(sys.argv[1]).read_bytes()
    data = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(make(template, data, Path.cwd()))


if __name__ == "__main__":
    main()
