"""Question and answer pairs a language model writes from chunks: fast to the limit allowed, resumable, all checked.

    generate(chunks, settings, folder, say, checks=…) -> GenerationReport      run.py
    load_settings(recipe, project, shard="3/8")                                settings.py
    merge(ledgers, chunks, settings) -> rows                                   merge.py
    read_rows(file) -> rows                                                    row.py

It reads no documents, makes no training rows and splits nothing: the data stage does, from the rows' file.
"""

from pipelines.generate.candidate import Candidate, Check
from pipelines.generate.grounded import DEFAULT_CHECKS, grounded
from pipelines.generate.merge import merge
from pipelines.generate.report import GenerationReport
from pipelines.generate.row import GeneratedRow, read_rows, write_rows
from pipelines.generate.run import generate
from pipelines.generate.settings import GenerateSettings, load_settings

__all__ = ["DEFAULT_CHECKS", "Candidate", "Check", "GenerateSettings", "GeneratedRow", "GenerationReport", "generate",
           "grounded", "load_settings", "merge", "read_rows", "write_rows"]
