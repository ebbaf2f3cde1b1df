package customfield

import (
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	entfield "github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/customfieldvalue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
)

// Op is how a field's value is compared.
type Op string

// The ways to compare (CONT-5). A holder without a value matches IsNull alone.
const (
	GT        Op = "GT"
	LT        Op = "LT"
	EQ        Op = "EQ" // for MULTI_CHOICE the same set
	GTE       Op = "GTE"
	LTE       Op = "LTE"
	NEQ       Op = "NEQ"    // has a value, and another one
	In        Op = "IN"     // for MULTI_CHOICE any chosen option
	NotIn     Op = "NOT_IN" // has a value, and none of these
	IsNull    Op = "IS_NULL"
	IsNotNull Op = "IS_NOT_NULL"
)

// ops are the ways in which values of a type compare.
func ops(t Type) []Op {
	switch t {
	case entfield.TypeBOOLEAN:
		return []Op{EQ, NEQ, IsNull, IsNotNull}
	case entfield.TypeSINGLE_CHOICE, entfield.TypeMULTI_CHOICE:
		return []Op{EQ, NEQ, In, NotIn, IsNull, IsNotNull}
	default:
		return []Op{GT, LT, EQ, GTE, LTE, NEQ, In, NotIn, IsNull, IsNotNull}
	}
}

// Condition is a checked condition on a field. It is decided the same by both databases and in memory.
type Condition struct {
	Field  Field
	Op     Op
	values []Value // one; for In and NotIn any number; for IsNull and IsNotNull none
	table  table   // where the field's values are kept
}

// ParseCondition reads a condition; value is nil where it is left out. An op that the field's type does not have, and a value that is not of
// the type, are faults of kind Invalid that name path + ".op" and path + ".value".
func ParseCondition(f Field, op Op, value *Input, path string) (Condition, error) {
	c := Condition{Field: f, Op: op}
	var err error
	if c.table, err = tableOf(f.Target); err != nil {
		return c, err
	}
	if !slices.Contains(ops(f.Type), op) {
		return c, fault.Input(path+".op", "a field of type %s cannot be compared with %s", f.Type, op)
	}
	path += ".value"
	switch {
	case op == IsNull || op == IsNotNull:
		if value != nil {
			return c, fault.Input(path, "leave the value out with %s", op)
		}
		return c, nil
	case value == nil:
		return c, fault.Input(path, "%s needs a value", op)
	case op == In || op == NotIn:
		err = c.parseList(*value, path)
		return c, err
	}
	if err := value.only(parts[f.Type].one, path, f.Type); err != nil {
		return c, err
	}
	var v Value
	if value.Text != nil {
		v, err = comparand(*value.Text, path)
	} else {
		v, err = Parse(f, *value, path)
	}
	c.values = []Value{v}
	return c, err
}

// comparand reads a text to compare with: it need not be one that the field takes, such as a whole address.
func comparand(s, path string) (Value, error) {
	s, err := input.Text(path, s, maxLong)
	return Value{Text: s}, err
}

func (c *Condition) parseList(in Input, path string) error {
	t := c.Field.Type
	if err := in.only(parts[t].many, path, t); err != nil {
		return err
	}
	add := func(v Value, err error) error {
		c.values = append(c.values, v)
		return err
	}
	const most = 1000
	if len(in.Texts)+len(in.Numbers)+len(in.Dates)+len(in.DateTimes)+len(in.Options) > most {
		return fault.Input(path, "a list has at most %d values", most)
	}
	for _, s := range in.Texts {
		if err := add(comparand(s, path)); err != nil {
			return err
		}
	}
	for _, s := range in.Numbers {
		if err := add(parseNumber(s, path)); err != nil {
			return err
		}
	}
	for _, s := range in.Dates {
		if err := add(parseDate(s, path)); err != nil {
			return err
		}
	}
	for _, m := range in.DateTimes {
		if err := add(parseTime(m, path)); err != nil {
			return err
		}
	}
	for _, id := range in.Options {
		if err := add(parseOptions(c.Field, []string{id}, path)); err != nil {
			return err
		}
	}
	return nil
}

// Match decides the condition for a holder's value, nil where it has none.
func (c Condition) Match(v *Value) bool {
	if v == nil || c.Op == IsNull {
		return v == nil && c.Op == IsNull
	}
	t := c.Field.Type
	isOne := func(w Value) bool {
		if t == entfield.TypeMULTI_CHOICE {
			return slices.Contains(v.Options, w.Options[0])
		}
		return compare(t, *v, w) == 0
	}
	switch c.Op {
	case In:
		return slices.ContainsFunc(c.values, isOne)
	case NotIn:
		return !slices.ContainsFunc(c.values, isOne)
	case IsNotNull:
		return true
	default:
		return holds(c.Op, compare(t, *v, c.values[0]))
	}
}

// holds says whether an order of two values is what an op wants.
func holds(op Op, order int) bool {
	switch op {
	case GT:
		return order > 0
	case LT:
		return order < 0
	case GTE:
		return order >= 0
	case LTE:
		return order <= 0
	case NEQ:
		return order != 0
	default:
		return order == 0
	}
}

// rows selects a column of the values of the field that where describes.
func (c Condition) rows(dialect string, team int64, column string, where ...*sql.Predicate) *sql.Selector {
	v := sql.Dialect(dialect).Select(column).From(sql.Table(c.table.name))
	return v.Where(sql.And(append([]*sql.Predicate{sql.EQ(v.C(customfieldvalue.FieldTeamID), team), sql.EQ(v.C(customfieldvalue.FieldFieldID), c.Field.ID)}, where...)...))
}

// Holders selects the ids of the holders that match, from the index of values; nil where that would be most of those with a value, or those without.
func (c Condition) Holders(dialect string, team int64) *sql.Selector {
	switch c.Op {
	case GT, LT, EQ, GTE, LTE:
	case In:
		if len(c.values) == 0 {
			return nil
		}
	default:
		return nil
	}
	return c.rows(dialect, team, c.table.holder, c.comparison())
}

// Predicate is the condition in SQL, where holder is the column of s that holds the holder's id. It asks nothing of the holder itself, so
// that the database may begin with the values where they are rarer.
func (c Condition) Predicate(s *sql.Selector, team int64, holder string) *sql.Predicate {
	values := func(where ...*sql.Predicate) *sql.Selector {
		is := sql.ColumnsEQ(sql.Table(c.table.name).C(c.table.holder), holder)
		return c.rows(s.Dialect(), team, customfieldvalue.FieldID, append([]*sql.Predicate{is}, where...)...)
	}
	switch {
	case c.Op == IsNull:
		return sql.NotExists(values())
	case c.Op == IsNotNull || c.Op == NotIn && len(c.values) == 0:
		return sql.Exists(values())
	case c.Op == In && len(c.values) == 0:
		return sql.False()
	case c.Op == NotIn && c.Field.Type == entfield.TypeMULTI_CHOICE:
		return sql.And(sql.Exists(values()), sql.NotExists(values(c.any())))
	default:
		return sql.Exists(values(c.comparison()))
	}
}

// comparison is the condition on one row of values.
func (c Condition) comparison() *sql.Predicate {
	switch c.Op {
	case In:
		return c.any()
	case NotIn:
		return sql.Not(c.any())
	}
	v := c.values[0]
	switch c.Field.Type {
	case entfield.TypeNUMBER:
		return order(c.Op, customfieldvalue.FieldNumberValue, v.Number)
	case entfield.TypeDATETIME:
		return order(c.Op, customfieldvalue.FieldTimeValue, v.Time)
	case entfield.TypeMULTI_CHOICE:
		return order(c.Op, customfieldvalue.FieldSetValue, set(v.Options))
	}
	key := v.key(c.Field.Type)
	if !isText(c.Field.Type) {
		return order(c.Op, customfieldvalue.FieldKeyValue, key)
	}
	// The key decides where it can; where the keys are equal the whole texts do.
	same := sql.And(sql.EQ(customfieldvalue.FieldKeyValue, key), order(c.Op, customfieldvalue.FieldTextValue, v.Text))
	switch c.Op {
	case GT, GTE:
		return sql.Or(sql.GT(customfieldvalue.FieldKeyValue, key), same)
	case LT, LTE:
		return sql.Or(sql.LT(customfieldvalue.FieldKeyValue, key), same)
	case NEQ:
		return sql.Or(sql.NEQ(customfieldvalue.FieldKeyValue, key), same)
	default:
		return same
	}
}

// any is true of a row that holds one of the values.
func (c Condition) any() *sql.Predicate {
	switch c.Field.Type {
	case entfield.TypeNUMBER:
		return sql.In(customfieldvalue.FieldNumberValue, args(c.values, func(v Value) float64 { return v.Number })...)
	case entfield.TypeDATETIME:
		return sql.In(customfieldvalue.FieldTimeValue, args(c.values, func(v Value) time.Time { return v.Time })...)
	case entfield.TypeMULTI_CHOICE:
		return sql.In(customfieldvalue.FieldKeyValue, args(c.values, func(v Value) string { return v.Options[0] })...)
	}
	keys := sql.In(customfieldvalue.FieldKeyValue, args(c.values, func(v Value) string { return v.key(c.Field.Type) })...)
	if !isText(c.Field.Type) {
		return keys
	}
	return sql.And(keys, sql.In(customfieldvalue.FieldTextValue, args(c.values, func(v Value) string { return v.Text })...))
}

// isText says whether values of a type are texts, which may be longer than their keys.
func isText(t Type) bool { return parts[t].one == "text" }

func args[T any](values []Value, part func(Value) T) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = part(v)
	}
	return all
}

func order(op Op, column string, v any) *sql.Predicate {
	switch op {
	case GT:
		return sql.GT(column, v)
	case LT:
		return sql.LT(column, v)
	case GTE:
		return sql.GTE(column, v)
	case LTE:
		return sql.LTE(column, v)
	case NEQ:
		return sql.NEQ(column, v)
	default:
		return sql.EQ(column, v)
	}
}
