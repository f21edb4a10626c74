"""Rules about tests of threads, locks and repetition."""
