"""The text of a PDF as somebody who copies it would get it, for PDFs made by Typst only."""

import re
import zlib

_OBJECT = re.compile(rb"(?s)(?:^|\n)(\d+) 0 obj\n?(.*?)endobj")
# A string may hold parentheses as they are, as long as they go by pairs: numbers of glyphs do.
_INNER = rb"(?:\\.|[^\\()]|\((?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*\))*"
_SHOWN = re.compile(rb"(?s)/(\w+) [\d.]+ Tf|\((" + _INNER + rb")\)(?=[^()\[\]]*(?:\(|\]TJ|Tj))")
_ESCAPE = re.compile(rb"(?s)\\([0-7]{1,3}|.)")
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def _unescaped(text: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8)]) if code.isdigit() else _NAMED.get(code, code)

    return _ESCAPE.sub(one, text)


class PdfText:
    """`pages`: the text of each page, spaces of all kinds removed (lines break anywhere)."""

    def __init__(self, content: bytes) -> None:
        self.objects = {int(n): body for n, body in _OBJECT.findall(content)}
        tree = next(body for body in self.objects.values() if b"/Type/Pages" in body)
        kids = re.findall(rb"(\d+) 0 R", tree[tree.index(b"/Kids") :].split(b"]")[0])
        self.pages = [self._page(self.objects[int(kid)]) for kid in kids]

    @property
    def whole(self) -> str:
        return "".join(self.pages)

    def _stream(self, number: int) -> bytes:
        body = self.objects[number]
        start, end = body.index(b"stream\n") + 7, body.rindex(b"endstream")
        return zlib.decompress(body[start:end])

    def _letters(self, font: int) -> dict[bytes, str]:
        unicode = re.search(rb"/ToUnicode (\d+)", self.objects[font])
        assert unicode
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", self._stream(int(unicode[1])))
        return {
            bytes.fromhex(glyph.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
            for glyph, text in pairs
        }

    def _page(self, page: bytes) -> str:
        resources = self.objects[int(re.search(rb"/Resources (\d+)", page)[1])]  # type: ignore[index]
        fonts = {
            name: self._letters(int(number))
            for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)
        }
        content = self._stream(int(re.search(rb"/Contents (\d+)", page)[1]))  # type: ignore[index]
        letters: dict[bytes, str] = {}
        text = []
        for font, shown in _SHOWN.findall(content):
            if font:
                letters = fonts[font]
                continue
            glyphs = _unescaped(shown)
            text += [letters.get(glyphs[at : at + 2], "?") for at in range(0, len(glyphs), 2)]
        return squeezed("".join(text))


def squeezed(text: str) -> str:
    """Without any space, so that a line break does not matter."""
    return re.sub(r"\s+", "", text)
