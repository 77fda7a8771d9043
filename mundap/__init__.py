"""mundap: documents in, a model that answers about them with evidence out.

This package is the ground floor: recipes, paths, errors, the prompt builder, Korean text, the lexical index, the
embedder, generators and the grounding check. It imports none of pipelines, rag or webui; only mundap.cli may.
"""

__version__ = "0.1.0"
