"""Who people are: passwords, second factors, sessions, one-time links, and sign-in through an identity provider."""
