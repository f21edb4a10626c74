"""Rules of the guide's section on feature flags."""
