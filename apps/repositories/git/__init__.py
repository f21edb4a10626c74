"""How a repository is fetched and read: the one wrapper around git.

``address`` says where we may connect, ``mirror`` fetches, ``tree`` lists and reads, ``command`` runs git with
an empty environment, our configuration and limits, ``errors`` are the reasons that people are told.
"""
