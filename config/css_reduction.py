"""Keep of a minified stylesheet only what our pages use. Pure: text in, text out.

A rule stays when every DSFR class its selector asks for is used somewhere; a custom property
stays when something that stays reads it. What is reserved to the State never stays: the
@font-face blocks, the logo block, the mourning band. The dark theme, which DSFR switches on
with a script, becomes a media query, so that it follows the reader's system without any
script.
"""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""/\*.*?\*/ | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | \\. | [{}();] | [^{}();"'/\\]+ | /""",
    re.S | re.X,
)
CLASS = re.compile(r"\.(fr-(?:[\w-]|\\.)+)")
ATTRIBUTE_PREFIX = re.compile(r"""\[class[*^]=["']?\s*(fr-[\w-]*)""")
NOT = re.compile(r":not\((?:[^()]|\([^()]*\))*\)")
VARIABLE_READ = re.compile(r"var\(\s*(--[\w-]+)")
RESERVED = ("fr-logo", "data-fr-mourning", "data-fr-scheme", "data-fr-scrolling")
DARK = ":root[data-fr-theme=dark]"
DARK_MEDIA = "@media (prefers-color-scheme:dark)"
OLD_BROWSERS = "-ms-high-contrast"


@dataclass
class Block:
    """One rule or one at-rule: its prelude, and either declarations or inner blocks."""

    prelude: str
    declarations: list[str] = field(default_factory=list)
    children: "list[Block]" = field(default_factory=list)


def parse(css: str) -> list[Block]:
    """Read a minified stylesheet into blocks; `@charset` and `@import` lines are dropped."""
    root = Block("")
    stack, text, parentheses = [root], "", 0
    for match in TOKEN.finditer(css):
        token = match.group()
        if token.startswith("/*"):
            continue
        parentheses += (token == "(") - (token == ")")
        if parentheses or token not in "{};" or token in "()":
            text += token
        elif token == "{":
            block = Block(text.strip())
            stack[-1].children.append(block)
            stack.append(block)
            text = ""
        else:
            if text.strip() and len(stack) > 1:
                stack[-1].declarations.append(text.strip())
            text = ""
            if token == "}":
                stack.pop()
    return root.children


def split_selectors(prelude: str) -> list[str]:
    """Cut a selector list at its commas, not at those inside parentheses or brackets."""
    parts, depth, current = [], 0, ""
    for character in prelude:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += character
    return [*parts, current.strip()]


class Usage:
    """Which class names are used: whole names, and prefixes for names built in a template."""

    def __init__(self, names: set[str]) -> None:
        self.names = {name for name in names if not name.endswith(("-", "_"))}
        self.prefixes = tuple(sorted(names - self.names))

    def has_class(self, name: str) -> bool:
        return name in self.names or bool(self.prefixes and name.startswith(self.prefixes))

    def has_prefix(self, prefix: str) -> bool:
        return any(name.startswith(prefix) for name in (*self.names, *self.prefixes))

    def keeps(self, selector: str) -> bool:
        if any(word in selector for word in RESERVED):
            return False
        required = NOT.sub("", selector)
        classes = (name.replace("\\", "") for name in CLASS.findall(required))
        prefixes = ATTRIBUTE_PREFIX.findall(required)
        return all(map(self.has_class, classes)) and all(map(self.has_prefix, prefixes))


def keep_used(blocks: list[Block], usage: Usage) -> list[Block]:
    """The blocks that our pages can meet, the dark theme turned into media queries."""
    kept: list[Block] = []
    for block in blocks:
        if block.prelude.startswith("@"):
            if block.prelude.startswith(("@font-face", "@-moz-document")):
                continue
            inner = Block(block.prelude, block.declarations, keep_used(block.children, usage))
            if inner.children or inner.declarations:
                kept.append(inner)
            continue
        selectors = [s for s in split_selectors(block.prelude) if usage.keeps(s)]
        dark = [s.replace(DARK, ":root") for s in selectors if DARK in s]
        light = [s for s in selectors if "data-fr-theme" not in s]
        if light:
            kept.append(Block(",".join(light), block.declarations))
        if dark:
            rule = Block(",".join(dark), block.declarations)
            kept.append(Block(DARK_MEDIA, [], [rule]))
    return kept


def variables_read(blocks: list[Block], live: set[str]) -> set[str]:
    """Custom properties read by the declarations that count: all but those of dead properties."""
    read: set[str] = set()
    for block in blocks:
        read |= variables_read(block.children, live)
        for declaration in block.declarations:
            name = declaration.partition(":")[0]
            if not name.startswith("--") or name in live:
                read.update(VARIABLE_READ.findall(declaration))
    return read


def write(blocks: list[Block], live: set[str]) -> str:
    """Text of the blocks, without the custom properties that nothing reads."""
    out: list[str] = []
    for block in blocks:
        if block.prelude.startswith("@media") and OLD_BROWSERS in block.prelude:
            conditions = block.prelude.removeprefix("@media ").split(",")
            modern = [c for c in conditions if OLD_BROWSERS not in c]
            if not modern:
                continue
            block = Block("@media " + ",".join(modern), block.declarations, block.children)
        body = write(block.children, live) + ";".join(
            d for d in block.declarations if not d.startswith("--") or d.partition(":")[0] in live
        )
        if body:
            out.append(f"{block.prelude}{{{body}}}")
    return "".join(out)


def reduce_stylesheet(css: str, names: set[str], own_variables: set[str]) -> str:
    """The part of `css` that pages using the classes `names` need.

    `own_variables`: custom properties that other stylesheets read and that must survive.
    """
    blocks = keep_used(parse(css), Usage(names))
    live = set(own_variables)
    while True:
        grown = live | variables_read(blocks, live)
        if grown == live:
            return write(blocks, live)
        live = grown
