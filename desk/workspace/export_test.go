package workspace

// PasswordWork says how often a password was hashed.
func (s *Service) PasswordWork() int64 { return s.passwords.worked.Load() }
