"""Speed of evaluating edits with seqdo, compared with plain batched torch and tangermeme: ``python -m benchmarks``."""
