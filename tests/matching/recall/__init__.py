"""Keywords with judged papers, for precision and recall.

A paper is relevant to a keyword when it is about the thing named, or uses it, and names it in some
wording: short or long form, derived or inflected form, other spelling, other order of the words.
A passing mention in that sense counts. A synonym is no wording ("speculative sampling"), nor is
another release of a product (`Llama 3.1`) or another meaning of an acronym. After NOT the typed
word counts as typed.

The labels were made from titles and abstracts before anything was matched: a hand-written list of
wordings for each keyword, then reading of what a wider pattern found beside them. `listed.json`
holds arXiv ids of the listed papers of PAPER_SAMPLES, whose texts are not in the repository: every
relevant one, and some that were judged and are not. A paper in neither list counts as not relevant.
Each paper of `invented.jsonl` is judged for every keyword that any of them has as a label.
`second_look.json` holds labels drawn at random and judged again by the same judge, from titles and
the words around each wording, without sight of the first verdict.
"""
