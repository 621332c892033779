"""What of a line is told, what is asked and what is ordered, with or without a question mark."""

import re
from dataclasses import dataclass

from runtime_py.text.sentences import sentences

_BE = "am|is|are|was|were|do|does|did|have|has|had|can|could|will|would|shall|should|may|might|must"
_WHO = "who|whom|whose|what|which|where|when|why|how"
_SUBJECT = (
    "i|you|we|he|she|it|they|my|your|our|his|her|their|there|the|this|that|these|those|anyone|anybody|any|[A-Z].*"
)
_MARK = re.compile(r"[?\uff1f\u061f]")
_ELSEWHERE = re.compile(r"(?<!\S)\S*://\S*|(?<=[^\W_] )(?:\"[^\"]*\"|\u201c[^\u201c\u201d]*\u201d)")
"""Links, and quotations inside a sentence: a mark there asks nothing."""
_OPENING = "\"'(\u201c\u2018\u00ab\u00bf "
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:and |so |but |ok(?:ay)?,? |hey,? )?(?:{_WHO})(?:'?s|'re|'d|'ll| (?:{_BE}))(?: |$)(?!knew|knows)",
        rf"(?:and |so |but )?(?:which|what|whose) (?:[a-z]+ ){{1,3}}(?:{_BE})(?: |$)",
        rf"(?:and |so |but )?how (?:much|many|old|long|often|far|tall|big|late|early|soon)(?: .*)? (?:{_BE}) ",
        r"who (?:lives?|works?|likes?|told|gave|bought|said|owns?|plays?|wants?|sold|made|got|called|came|went)(?: |$)",
        r"(?:what|how) about ",
        r"(?:please |pls )?(?:can|could|would|will) you (?:please )?(?:tell|remind|show) me ",
        r"(?:please |pls )?tell me (?:about |again |please )*(?:what|where|when|who|whose|why|how|which|if|my|the)?",
        r"(?:please |pls )?remind me (?:again )?(?:about |of |what|where|when|who|whose|why|how|which|if|whether)",
        r"(?:do|did|can) you (?:still )?(?:remember|recall|know) ",
        r"(?:any idea|no idea|i wonder|i was wondering) (?:what|where|when|who|whose|why|how|which|if|whether) ",
    )
)
_INVERTED = re.compile(rf"(?i:{_BE}) (?:{_SUBJECT}|I)(?: |$)")
_TOLD = re.compile(
    r"(?:(?:what|how) (?:a|an) |(?:you )?(?:know|guess) what\W*$|who knew|who knows\W*$|"
    r"(?:hi|hello|hey)?,? ?how are (?:you|things|u)\b|how(?:'?s| is) it going|what'?s (?:up|new)\W*$|why not\W*$|"
    r"can you believe |how cool|how nice|tell me about it\W*$|is that so\W*$|isn't (?:it|that) |may i (?:say|add) |"
    r"(?:really|seriously|right|ok|okay|huh|what|eh)\W*$|have a (?:nice|good|great)|will do|do not|do have|"
    r"(?:did|do) you know (?:that )?i\b)",
    re.IGNORECASE,
)
_TAG = re.compile(
    r", ?(?:right|ok|okay|eh|huh|you know|innit|remember|see|yeah|"
    r"(?:is|are|was|were|do|does|did|have|has|had|can|could|will|would|should|am|ai)(?:n't| not)? "
    r"(?:i|you|we|he|she|it|they|that))\W*$",
    re.IGNORECASE,
)
_REMEMBER = re.compile(
    r"(?:please |pls )?(?:remember|note|keep in mind|write down|make a note|save)"
    r"(?: this| it| that)?(?: ?[:,] *| that | (?=(?:i|my|we|our|the|me) ))",
    re.IGNORECASE,
)
_FORGET = re.compile(
    r"(?:please |pls |can you |could you )?(?:forget|delete|erase|remove)"
    r"(?: (?:that|about|what I (?:said|told you) about))?"
    r" (?=(?:i|i'm|my|me|we|our|everything|all|the|it|about|that)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Line:
    """A line's parts, each empty where there is none: statements, questions, and what is to be forgotten."""

    said: str = ""
    asked: str = ""
    forget: str = ""


def read_line(text: str) -> Line:
    """What to remember of `text`, what to answer, what to forget. A statement with a tag (`, right?`) is told."""
    said: list[str] = []
    asked: list[str] = []
    forget: list[str] = []
    for sentence in sentences(text):
        bare = sentence.strip(_OPENING).replace("\u2019", "'")
        if match := _FORGET.match(bare):
            forget.append(bare[match.end() :].rstrip(" .!"))
        elif match := _REMEMBER.match(bare):
            said.append(bare[match.end() :])
        else:
            (asked if is_question(sentence) else said).append(sentence)
    if asked:  # greetings and the like beside a question hold nothing
        said = [part for part in said if not _TOLD.match(part)]
    return Line(" ".join(said), " ".join(asked), " ".join(forget))


def is_question(sentence: str) -> bool:
    """Whether one sentence asks for something that an answer can be given to."""
    bare = sentence.strip(_OPENING).replace("\u2019", "'")
    if _TOLD.match(bare):
        return False
    if _MARK.search(_ELSEWHERE.sub("", bare)):
        return not (_TAG.search(bare) and not any(form.match(bare) for form in _FORMS))
    return any(form.match(bare) for form in _FORMS) or bool(_INVERTED.match(bare))
