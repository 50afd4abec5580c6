"""The contenders: the engine of seqdo, plain batched torch, and tangermeme. None of them imports another."""
