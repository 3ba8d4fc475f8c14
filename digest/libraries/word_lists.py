"""Words of titles that name no topic, folded."""

# They stand in titles of any topic, and end a phrase.
ENDING = frozenset(
    {
        "accurate", "achieving", "adding", "advance", "advancing", "after", "analysing",
        "analyzing", "application", "applying", "approach", "aspect", "assessing", "assessment",
        "before", "better", "beyond", "boosting", "bridging", "build", "case", "characterization",
        "combining", "comparative", "comparing", "comparison", "comprehensive", "consideration",
        "creating", "current", "derived", "developing", "development", "discover", "discovering",
        "does", "during", "effective", "efficient", "empower", "empowering", "enable", "enabling",
        "enhance", "enhanced", "enhancing", "evaluating", "evaluation", "evidence", "examination",
        "experience", "experimental", "exploring", "facilitate", "facilitating", "fast",
        "finding", "framework", "future", "generalizable", "generalize", "generic", "guide",
        "guideline", "handbook", "highly", "impact", "implementation", "implication", "improve",
        "improved", "improvement", "improving", "incentivizing", "influence", "insight",
        "integrated", "international", "introducing", "introduction", "investigating",
        "investigation", "involving", "issue", "lesson", "letter", "leveraging", "make", "making",
        "measuring", "method", "methodology", "modern", "need", "novel", "opportunity",
        "overview", "part", "perspective", "pitfall", "practical", "preliminary", "progress",
        "prospect", "quick", "really", "recommendation", "related", "relationship", "report",
        "rethinking", "review", "revisited", "revisiting", "role", "scalable", "see", "some",
        "statement", "strategy", "study", "studying", "success", "successful", "summary",
        "survey", "sustain", "systematic", "tailored", "tale", "technical", "technique", "toward",
        "towards", "trend", "tutorial", "understanding", "unified", "unlocking", "update",
        "usage", "useful", "utility", "various", "versus", "vs", "without", "year",
    }
)  # fmt: skip
# What they are in German, French, Spanish, Portuguese, Italian and Dutch.
FOREIGN = frozenset(
    {
        "auf", "aus", "aux", "bei", "con", "dan", "de", "dei", "del", "della", "delle", "dem",
        "den", "der", "des", "di", "die", "dos", "du", "durch", "een", "ein", "eine", "einer",
        "el", "en", "et", "fur", "gli", "het", "im", "la", "las", "le", "les", "lo",
        "los", "mit", "nach", "nel", "par", "para", "per", "por", "pour", "sur", "un",
        "una", "und", "une", "van", "von", "voor", "zum", "zur",
    }
)  # fmt: skip
# What libraries of medicine are tagged with: kinds of people and animals (MeSH’s check tags).
TAGS = frozenset(
    {
        "adolescent", "adult", "age", "aged", "animal", "child", "children", "female", "human",
        "male", "men", "mice", "middle", "old", "people", "person", "population", "rat", "united",
        "women", "young",
    }
)  # fmt: skip
# They may be a part of a topic ("survival analysis", "deep learning"), and are none alone.
WEAK = frozenset(
    {
        "acceleration", "active", "adaptation", "adaptive", "algorithm", "aligning", "analysis",
        "architecture", "arm", "attention", "augmented", "automatic", "aware", "background",
        "base", "behavior", "behaviour", "benchmark", "capability", "category", "cell",
        "challenge", "change", "class", "clinical", "cohort", "community", "complex", "computer",
        "condition", "consistent", "context", "control", "cross", "data", "dataset", "deep",
        "design", "detection", "device", "difference", "digital", "dimension", "discrete",
        "disease", "distribution", "document", "drive", "driven", "dynamic", "dynamics",
        "editing", "effect", "end", "environment", "error", "estimation", "event", "experiment",
        "factor", "failure", "family", "feature", "feedback", "field", "fine", "food", "function",
        "general", "generation", "generative", "global", "group", "growth", "guidance", "guided",
        "hand", "health", "hear", "high", "history", "holistic", "idea", "identification",
        "image", "individual", "information", "input", "instruction", "inter", "interaction",
        "interactive", "interface", "intra", "item", "journal", "key", "knowledge", "label",
        "language", "large", "layer", "learn", "learning", "level", "life", "local", "logic",
        "long", "low", "machine", "management", "map", "mass", "material", "mean", "measure",
        "measurement", "mechanism", "media", "medical", "medicine", "memory", "meta", "modal",
        "modality", "mode", "model", "modeling", "modelling", "motion", "mouse", "multi",
        "multiple", "natural", "network", "neural", "next", "non", "number", "object",
        "objective", "observation", "open", "optimal", "optimization", "order", "outcome",
        "output", "pair", "path", "patient", "pattern", "performance", "personal", "phase",
        "physical", "plan", "planning", "point", "policy", "post", "potential", "power",
        "practice", "pre", "predict", "predicting", "prediction", "preprint", "preserving",
        "principle", "prior", "problem", "process", "processing", "product", "production",
        "program", "property", "protocol", "public", "quality", "quantitative", "question",
        "random", "randomized", "rate", "real", "reason", "reasoning", "recognition", "reference",
        "region", "representation", "research", "researcher", "resolution", "resource",
        "response", "reward", "risk", "robust", "sample", "scale", "scaling", "scene", "science",
        "search", "self", "semi", "sequence", "series", "service", "set", "short", "signal",
        "sim", "simple", "simulation", "single", "site", "size", "skip", "small", "social",
        "software", "solution", "source", "space", "speaking", "special", "species", "stage",
        "standard", "statistical", "status", "step", "straight", "structure", "student", "style",
        "sub", "subject", "support", "surface", "system", "target", "task", "test", "testing",
        "text", "theoretical", "theory", "thinking", "time", "token", "tool", "topic", "training",
        "transfer", "treatment", "trial", "type", "uni", "universal", "university", "user",
        "value", "variable", "variation", "video", "view", "vision", "visual", "week", "world",
    }
)  # fmt: skip
