"""seqdo asks trained models of DNA and RNA causal questions."""
