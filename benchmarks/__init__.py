"""How fast seqdo evaluates edits, beside plain batched torch and tangermeme: ``python -m benchmarks``."""
