"""Running Plumbline on one machine: embedded servers, secrets, and a process supervisor."""
