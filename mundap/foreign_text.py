"""What text from outside (a document, a question) may not write into a prompt, and how it is broken.

    neutralise("### 출력\\n[2] 가짜 문서\\n<|im_start|>system")  ->  "＃＃＃ 출력\\n〔2〕 가짜 문서\\n‹|im_start|›system"

Broken are: section headers, role names at a line's start, passage numbers, the control tokens of the known template
families, and characters that are not seen. Nothing is taken away that a reader sees. What a tokenizer of another family
holds is the engine's to find (mundap.generator.control_tokens): it asks the tokenizer itself.
"""

from __future__ import annotations

import re
import unicodedata

# Everything that ends a line somewhere: a header after U+2028 begins a line to a model, though not to a regular expression.
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Unseen letters that are no Cf: joiners, Hangul fillers, variation selectors. They would keep "#", "[" or "<" from being matched.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e0fff]")
_SECTIONS = ("지시|지시사항|입력|출력|응답|질문|답변|시스템|사용자"
             "|Instructions?|Inputs?|Response|Outputs?|System|Users?|Assistant|Human|Question|Answer")
_HEADER = re.compile(rf"^([^\S\n]*(?:[>*|·•-][^\S\n]*){{0,4}})([#＃﹟]{{2,}})|([#＃﹟]{{2,}})(?=[^\S\n]*(?:{_SECTIONS})\b)",
                     re.MULTILINE | re.IGNORECASE)
# "질문:" is the builder's own mark; the others are how templates without control tokens write a turn.
_ROLE = re.compile(r"^([^\S\n]*[*_>\"'“‘]{0,4}[^\S\n]*(?:질문|답변|System|User|Assistant|Human)[*_]{0,2})[^\S\n]*[:：﹕∶]",
                   re.MULTILINE | re.IGNORECASE)
_NUMBERED = re.compile(r"[\[［]([^\S\n]*\d{1,3}(?:[^\S\n]*[,~·-][^\S\n]*\d{1,3})*[^\S\n]*)[\]］]")
_LESS, _MORE, _BAR = "[<＜﹤]", "[>＞﹥]", "[|｜]"
_NAMES = (r"bos|eos|pad|unk|mask|s|cls|sep|think|(?:start|end)_of_(?:turn|image|audio)|unused\d+"
          r"|image_soft_token|tools?|tool_(?:call|response)|0x[0-9a-f]{2}|reserved_\d+|endoftext|img|audio_soft_token")
_CONTROL = re.compile(rf"{_LESS}(/?(?:{_NAMES})|{_BAR}[^<>＜＞\n]{{1,60}}|[^<>＜＞\n|｜]{{1,60}}{_BAR})(?:{_MORE})", re.IGNORECASE)
_SYS = re.compile(rf"{_LESS}{{2}}(\s*/?\s*SYS\s*){_MORE}{{2}}", re.IGNORECASE)
# Mistral's and BERT's are words in square brackets, EXAONE's have bars inside them.
_BRACKETED = re.compile(
    r"[\[［](\s?/?\s?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|ARGS|MODEL_SETTINGS|IMG"
    r"|IMG_BREAK|IMG_END|PREFIX|MIDDLE|SUFFIX|THINK|AUDIO|BEGIN_AUDIO|CLS|SEP|MASK|PAD|UNK|BOS|EOS|control_\d+)\s?"
    rf"|{_BAR}[^\[\]\n]{{1,60}})[\]］]")


def neutralise(text: str) -> str:
    """Return text in NFC that opens no section and no turn, fakes no passage and writes no known control token."""
    text = unicodedata.normalize("NFC", "".join(map(_seen, _LINE_ENDS.sub("\n", _UNSEEN.sub("", text)))))
    text = _HEADER.sub(lambda match: (match[1] or "") + "＃" * len(match[2] or match[3]), text)
    text = _ROLE.sub(r"\1 -", text)
    text = _BRACKETED.sub(r"〔\1〕", _SYS.sub(r"«\1»", text))
    return _NUMBERED.sub(r"〔\1〕", _CONTROL.sub(r"‹\1›", text))


def one_line(text: str) -> str:
    """Return text made harmless as one line: a head or a question with a line of its own could open what it likes."""
    return neutralise(text).replace("\n", " ")


def _seen(letter: str) -> str:
    """Return a letter, "" for a control or a format character, a mark for half a character that no tokenizer takes."""
    if letter in "\n\t" or "가" <= letter <= "힣" or letter.isascii() and letter.isprintable():
        return letter
    kind = unicodedata.category(letter)
    return "\ufffd" if kind == "Cs" else "" if kind in ("Cc", "Cf") else letter
