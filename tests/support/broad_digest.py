"""A morning of two broad keywords and trending papers, with titles and authors of usual length."""

from pathlib import Path
from typing import Any

from subscriptions.models import Subscriber
from tests.support import factories

_ABSTRACTS = Path(__file__).parents[1] / "fixtures" / "excerpts" / "abstracts.txt"
TITLES = (
    "Patient Diffusion: Spending Sampling Steps Where the Image Is Still Undecided",
    "Reinforcement Learning from Sparse and Delayed Human Corrections",
    "When Does Reinforcement Learning Help Small Language Models Reason?",
    "Diffusion Models Know More About Depth Than They Draw",
    "A Simple Baseline for Offline Reinforcement Learning with Mixed-Quality Data",
    "Consistent Long-Horizon Video Generation with Hierarchical Diffusion Models and Memory Tokens",
    "Reward Hacking Is a Spectrum: Measuring How Reinforcement Learning Exploits Its Judges",
    "Protein Backbone Design by Guided Diffusion Models on Sparse Contact Maps",
    "Verifiable Rewards Without Verifiers: Reinforcement Learning for Open-Ended Writing",
    "On the Sample Complexity of Average-Reward Reinforcement Learning under Weak Mixing",
    "Distilling Diffusion Models into One Step Without Losing Diversity",
    "Safe Reinforcement Learning for Power Grids: Lessons from Eighteen Months of Operation",
    "Curriculum Reinforcement Learning for Dexterous In-Hand Manipulation of Deformable Objects",
    "What Do Diffusion Models Memorise? An Audit of Three Public Image Generators",
    "Multi-Agent Reinforcement Learning for Traffic Signals in Cities Without Loop Detectors",
    "Latent Diffusion Models for Calibrated Ten-Day Weather Forecasts over Complex Terrain",
    "Exploration by Disagreement in Model-Based Reinforcement Learning",
    "Text-to-Audio Diffusion Models with Precise Control of Timing and Loudness",
    "Group-Relative Reinforcement Learning Needs Fewer Rollouts Than You Think",
    "Inverse Reinforcement Learning from Surgical Video: Recovering What Surgeons Care About",
)
_POPULAR = (
    "AgentLedger: Tracing What LLM Agents Believed and When They Stopped Believing It",
    "Scaling Laws for Skills: Arithmetic, Translation and Recall Follow One Curve",
    "KitchenBench: One Thousand Hours of Cooking Filmed from the Head of the Cook",
    "Encrypted Inference for Transformers of a Hundred Million Parameters on One GPU",
    "The Long Context Is a Lie: How Position Shapes What Models Remember",
)
_NAMES = (
    "Ines Vogel", "Tariq Mbeki", "Marta Olsen", "Noor Haddad", "Wei Lindqvist", "Sam Okoro",
    "Yuki Brandtner", "Pavel Ruiz-Santamaria", "Hana Novak", "Bruno Fictive", "Aditi Raghunathan",
)  # fmt: skip
KEYWORDS = ("diffusion model", "reinforcement learning")


def _abstracts() -> list[str]:
    _, *blocks = _ABSTRACTS.read_text(encoding="utf-8").strip().split("\n\n")
    return [block.replace("> ", "").replace("\n", " ") for block in blocks]


def _paper(number: int, title: str, abstract: str, **fields: Any) -> None:
    authors = [_NAMES[(number + at) % len(_NAMES)] for at in range(5)]
    arxiv_id = f"2611.{number:05}"
    factories.paper(
        title, abstract=abstract, authors=authors, arxiv_id=arxiv_id, comment_count=number % 9,
        url=f"https://arxiv.org/abs/{arxiv_id}", published_on=factories.MORNING.date(),
        code_url="https://github.com/example/repository" if number % 3 else "", **fields,
    )  # fmt: skip


def broad_reader(**fields: Any) -> Subscriber:
    """Somebody whose keywords hit more papers than a mail shows, and who gets trending papers."""
    abstracts = _abstracts()
    for number, title in enumerate(TITLES * 2, 1):
        word = "diffusion models" if "iffusion" in title else "reinforcement learning"
        extra = f"This matters for {word} in practice, where data are scarce and tests are few."
        text = abstracts[number % len(abstracts)] + f" {extra}"
        _paper(number, title if number <= len(TITLES) else f"{title}, Revisited", text)
    for number, title in enumerate(_POPULAR, 101):
        _paper(number, title, abstracts[number % len(abstracts)], upvotes=200 - number)
    return factories.subscriber("ada@example.org", *KEYWORDS, **({"trending_top": 5} | fields))
