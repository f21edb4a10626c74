"""Rules of the guide's section on WebSocket with Django Channels."""
