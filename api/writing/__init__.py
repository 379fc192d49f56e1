"""The writing kit: from one declaration of each entity, its inputs, payloads and mutations."""
