"""Rules of the guide's section on JWT authentication for APIs."""
