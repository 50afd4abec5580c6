"""Who evaluates the workloads: seqdo's engine, plain batched torch, tangermeme. Each knows nothing of the others."""
