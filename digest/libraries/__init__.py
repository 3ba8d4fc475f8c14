"""Keywords out of what readers bring: their own collection of papers, or alerts of other services.

A file is read by a program of its own (`program`), under limits of time and memory, which counts
its phrases and authors (`phrases`, `library_authors`) and the terms of its papers
(`digest.profiles.library_counting`). The web process starts it (`reading_process`) and compares the
counts with those of the papers in the index (`library_suggestions`). Nothing of the file is stored,
but for the counts of terms if its reader asks for that (`subscriptions.profiles`).
"""
