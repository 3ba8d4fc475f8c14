"""Rules 2 to 6 on single papers, each with its counter-examples."""

import pytest

from tests.matching.small_papers import hits, shown_hits


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("fine tuning", "fine-tuning"), ("fine tuning", "finetuning"), ("fine-tuning",
        "fine tuning"),
        ("fine-tuning", "finetuning"), ("finetuning", "fine-tuning"), ("ISA", "an is-a relation"),
        ("vision language model", "Vision-Language Models"), ("multi modal", "multimodal"),
        ("LLM", "LLMs"), ("LLMs", "an LLM"), ("GAN", "GANs"), ("Schrödinger", "Schrodinger"),
        ("schrodinger", r"Schr\"odinger"), ("epsilon", "ε"), ("ε", "epsilon-greedy"), ("R²", "R^2"),
        ("M3ViT", "M$^3$ViT"), ("B-Coder", r"$\mathcal{B}$-Coder"), ("L2", "L_2"), ("CO2",
        "CO$_2$"),
        ("k-means", "kmeans"), ("k means", "k-means"), ("TCP/IP", "TCP-IP"), ("GPT 4", "GPT-4"),
        ("GPT-4", "GPT4"), ("state of the art", "state-of-the-art"), ("学習", "深層学習モデル"),
        ("深層学習", "深層学習モデル"), ("models", "LANGUAGE MODELS"), ("model", "LANGUAGE MODELS"),
        ("LLM finetuning data", "LLM fine-tuning data"), ("pre training data", "pretraining data"),
        ("C++", "in C++17"), ("C#", "C# code"), (".NET", "the .NET runtime"), ("A*", "A* search"),
        ("method", r"\method{} is"), ("Newton method", "Newton's method"), ("us", "U.S. data"),
        ("large language model agents", "large-language-model agent"), ("video", "videos"),
        ("database", "databases"), ("AIDS", "aids"), ("aids", "AIDS"), ("DOS", "dos"),
    ],
)  # fmt: skip
def test_hits(keyword: str, text: str) -> None:
    assert hits(keyword, text)
    assert hits(keyword, title=text)
    assert shown_hits(keyword, text)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("ISA", "this is a test"), ("asymmetric", "a symmetric matrix"), ("a symmetric",
        "asymmetric"),
        ("is a", "the ISA bus"), ("finetuning", "fine tuning"), ("news", "new"), ("new", "news"),
        ("iOS", "io"), ("io", "iOS"), ("uses", "us"), ("us", "uses"), ("DOS", "do"), ("AIDS",
        "aid"),
        ("aid", "AIDS"), ("NER", "energy"), ("RAG", "storage"), ("RL", "world"), ("C", "C++"),
        ("C++", "C"), ("C", "C#"), ("A", "A*"), ("net", "the .NET runtime"), ("GPT-4", "GPT-4o"),
        ("language model", "model language"), ("language model", "language and model"),
        ("IE", "i.e. this"), ("EG", "e.g. that"), ("Qwen2", "Qwen2.5"), ("MODELS", "model"),
        ("deep learning", "deeplearnings are"), ("transformer", "transformation"),
    ],
)  # fmt: skip
def test_misses(keyword: str, text: str) -> None:
    assert hits(keyword, text) == (keyword == "deep learning")
    if keyword != "deep learning":
        assert not shown_hits(keyword, text)


def test_phrases_never_cross_from_title_to_abstract() -> None:
    assert not hits("deep learning", "learning", title="deep")
    assert hits("deep AND learning", "learning", title="deep")


@pytest.mark.parametrize(
    ("keyword", "text", "expected"),
    [
        ('"fine tuning"', "fine tuning", True), ('"fine tuning"', "fine-tuning", False),
        ('"fine-tuning"', "Fine–Tuning", True), ('"model"', "models", False),
        ('"models"', "Models", True), ('"deep learning"', "deep\n learning", True),
        ('"deep learning"', "deep, learning", False), ('"RL"', "world", False),
        ('"LLMs agents"', "LLMs agents", True), ('"LLMs agents"', "LLM agents", False),
        ("diffus*", "diffusing", True), ("diffus*", "effusive diffraction", False),
        ("pretrain*", "pre-training", True), ("pre-train*", "pretraining", True),
        ("pre-train*", "pre trained", True), ("graph net*", "graph networks", True),
        ("graph net*", "graph of networks", False), ("models*", "model", False),
        ('"speech audio"~3', "audio of any speech", True),
        ('"speech audio"~1', "audio of any speech", False),
        ('"speech audio"~0', "audio speech", True), ('"a b"~5', "b", False),
        ("(cat OR dog) AND food", "dog food", True), ("(cat OR dog) AND food", "dog", False),
        ("cat NOT dog", "cat dog", False), ("cat -dog", "cat", True), ("cat -dogs", "cat dog",
        False),
        ("cat | dog", "dog", True), ("cat + dog", "dog", False), ("(cat OR dog) (food)",
        "food cat", True),
        ('cat "good food"', "good food for a cat", True),
    ],
)  # fmt: skip
def test_operators(keyword: str, text: str, expected: bool) -> None:
    assert hits(keyword, text) == expected


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        ("title:graph", True), ("title:music", False), ("abstract:music", True), ("abs:graph",
        False),
        ("author:hinton", True), ("author:Geoffrey Hinton", True), ("author:hinton geoffrey", True),
        ('author:"geoffrey hinton"', True), ('author:"Geoffrey E. Hinton"', True),
        ("author:G Hinton", True), ("author:Y Hinton", False), ("author:Muller", True),
        ("author:geoffrey müller", False), ("org:google", True), ("org:google deepmind", True),
        ("org:meta", False), ("category:cs", True), ("category:cs.CL", True), ("category:cs.C",
        False),
        ("category:stat", False), ("cat:math.ST", True), ("google", False), ("hinton", False),
        ("graph since:2024", True), ("graph since:2024-05-17", True), ("graph since:2024-05-18",
        False),
        ("graph since:2025", False), ("title:(graph OR music)", True), ("title:(graph AND music)",
        False),
        ("graph[ti] AND music[tiab]", True), ("music[ti]", False), ("graph -author:hinton", False),
    ],
)  # fmt: skip
def test_fields(keyword: str, expected: bool) -> None:
    from datetime import date

    found = hits(
        keyword,
        "About music.",
        title="Graphs",
        authors=("Geoffrey E. Hinton", "Anna Müller"),
        organization="Google DeepMind",
        categories=("cs.CL", "math.ST"),
        published_on=date(2024, 5, 17),
    )
    assert found == expected


def test_where_gives_the_original_characters() -> None:
    text = r"We use \textbf{fine-tuning}, {\'e}lan and Schr\"odinger's M$^3$ViT; ﬁnetuning of LLMs."
    assert shown_hits("fine tuning", text) == ["fine-tuning", "ﬁnetuning"]
    assert shown_hits("schrodinger", text) == [r"Schr\"odinger's"]
    assert shown_hits("M3ViT", text) == ["M$^3$ViT"]
    assert shown_hits("LLM NOT nothing", text) == ["LLMs"]
    assert shown_hits("finetuning of LLM OR fine tuning", text) == [
        "fine-tuning",
        "ﬁnetuning of LLMs",
    ]


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("a pre-trained LLM", "uses a pretrained LLM here"),
        ("pre-trained language model", "a pretrained language model"),
        ("large pre-trained language model", "large pretrained language models"),
        ("multi-modal large language model", "multimodal large language models"),
    ],
)
def test_a_joined_spelling_inside_a_longer_phrase(keyword: str, text: str) -> None:
    assert hits(keyword, text)
