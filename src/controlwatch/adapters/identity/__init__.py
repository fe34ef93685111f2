"""Who somebody is: hashes of passwords, passkeys, a provider of OpenID Connect, a limit of attempts."""
