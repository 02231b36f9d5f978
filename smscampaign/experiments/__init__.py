"""Which of several texts does better: who gets which, how surely that can be told, and when it may be told at all."""
