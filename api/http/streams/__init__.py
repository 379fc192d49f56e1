"""Operations whose results go out as they come: over WebSockets, and over HTTP as events."""
