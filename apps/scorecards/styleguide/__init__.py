"""The parts that pages are made of, shown with made-up values: for developers, never in production."""
