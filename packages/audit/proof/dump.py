"""Writes CPython's own syntax tree of Python files in the shape of Footing's facts, for compare.ts.

Reads file names from standard input, each closed by a null byte. Writes, per file: "F <name as JSON>", then either
"E <line> <message>" or one line per node, "<depth> <kind> <flags> <line>:<column> <value as JSON>", then an empty line.
A "?" stands for what CPython's tree does not hold, or holds wrongly (positions inside f-strings before 3.12).
"""
import ast
import io
import json
import re
import sys
import tokenize
import warnings

warnings.simplefilter('ignore')
sys.setrecursionlimit(20000)
MAX_STRING = 16384
BINARY = {ast.Add: 16, ast.Sub: 17, ast.Mult: 18, ast.MatMult: 19, ast.Div: 20, ast.Mod: 21, ast.Pow: 22, ast.LShift: 23,
          ast.RShift: 24, ast.BitOr: 25, ast.BitXor: 26, ast.BitAnd: 27, ast.FloorDiv: 28}
UNARY = {ast.Not: 32, ast.USub: 33, ast.UAdd: 34, ast.Invert: 35}
COMPARE = {ast.Eq: 1, ast.NotEq: 2, ast.Lt: 3, ast.LtE: 4, ast.Gt: 5, ast.GtE: 6, ast.Is: 7, ast.IsNot: 8, ast.In: 9,
           ast.NotIn: 10}
CONTEXT = {ast.Load: 0, ast.Store: 1, ast.Del: 2}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
POSITIONAL, POSITIONAL_ONLY, VAR_ARGS, KEYWORD_ONLY, VAR_KEYWORDS = range(5)
NOWHERE = object()


class Dump:
    def __init__(self, source, tree):
        encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        self.lines = re.split(b'\r\n|\r|\n', source.decode(encoding).encode('utf-8'))
        self.out = []
        self.depth = 0
        self.format = 0
        self.node('Module', 0, NOWHERE, '?', lambda: self.body(tree.body))

    def node(self, kind, flags, at, value, children=None):
        if at is NOWHERE or self.format:
            place = '?'
        else:
            place = '%d:%d' % (at.lineno, min(at.col_offset, 65535))
        self.out.append('%d %s %s %s %s' % (self.depth, kind, flags, place, value if value == '?' else json.dumps(value)))
        if children is not None:
            self.depth += 1
            children()
            self.depth -= 1

    def body(self, statements):
        for index, statement in enumerate(statements):
            self.statement(statement)

    def block(self, kind, statements):
        last = statements[-1]
        end = max(getattr(s, 'end_lineno', 0) for s in statements)
        self.node(kind, 0, NOWHERE, end, lambda: self.body(statements))

    def raw(self, node):
        """The node's source, '' when its position cannot be trusted."""
        if self.format:
            return ''
        first = self.lines[node.lineno - 1]
        if node.end_lineno == node.lineno:
            return first[node.col_offset:node.end_col_offset].decode('utf-8', 'replace')
        parts = [first[node.col_offset:]] + self.lines[node.lineno:node.end_lineno - 1]
        parts.append(self.lines[node.end_lineno - 1][:node.end_col_offset])
        return b'\n'.join(parts).decode('utf-8', 'replace')

    # Statements

    def statement(self, s):
        getattr(self, 's_' + type(s).__name__)(s)

    def function_flags(self, body):
        """GENERATOR 2 and AWAITS 4, of this body only."""
        flags = 0
        stack = list(body)
        while stack:
            n = stack.pop()
            if isinstance(n, (ast.Yield, ast.YieldFrom)):
                flags |= 2
            elif isinstance(n, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or isinstance(n, ast.comprehension) and n.is_async:
                flags |= 4
            if isinstance(n, FUNCTIONS):
                stack.extend(n.decorator_list)
                stack.append(n.args)
                if n.returns:
                    stack.append(n.returns)
            elif isinstance(n, ast.Lambda):
                stack.append(n.args)
            else:
                stack.extend(ast.iter_child_nodes(n))
        return flags

    def function(self, s, flags):
        def children():
            self.decorators(s)
            self.type_parameters(s)
            self.parameters(s.args)
            if s.returns:
                self.node('Returns', 0, NOWHERE, None, lambda: self.e(s.returns))
            self.block('Body', s.body)
        self.node('FunctionDef', flags | self.function_flags(s.body), s, s.name, children)

    def decorators(self, s):
        for d in s.decorator_list:
            self.node('Decorator', 0, NOWHERE, None, lambda: self.e(d))

    def type_parameters(self, s):
        for p in getattr(s, 'type_params', []):
            bound = getattr(p, 'bound', None)
            default = getattr(p, 'default_value', None)
            kind = {'TypeVarTuple': VAR_ARGS, 'ParamSpec': VAR_KEYWORDS}.get(type(p).__name__, POSITIONAL)
            flags = kind << 2 | (1 if bound else 0) | (2 if default else 0)
            self.node('TypeParam', flags, NOWHERE, p.name, lambda: self.es(bound, default))

    def s_TypeAlias(self, s):
        def children():
            self.e(s.name)
            self.type_parameters(s)
            self.e(s.value)
        self.node('TypeAlias', 0, s, None, children)

    def s_FunctionDef(self, s):
        self.function(s, 0)

    def s_AsyncFunctionDef(self, s):
        self.function(s, 1)

    def s_ClassDef(self, s):
        def children():
            self.decorators(s)
            self.type_parameters(s)
            self.arguments(s.bases, s.keywords)
            self.block('Body', s.body)
        self.node('ClassDef', 0, s, s.name, children)

    def parameters(self, a):
        def one(p, kind, default):
            flags = kind << 2 | (1 if p.annotation else 0) | (2 if default is not None else 0)
            self.node('Param', flags, p, p.arg, lambda: self.es(p.annotation, default))
        positional = a.posonlyargs + a.args
        defaults = [None] * (len(positional) - len(a.defaults)) + a.defaults
        for i, p in enumerate(positional):
            one(p, POSITIONAL_ONLY if i < len(a.posonlyargs) else POSITIONAL, defaults[i])
        if a.vararg:
            one(a.vararg, VAR_ARGS, None)
        for p, default in zip(a.kwonlyargs, a.kw_defaults):
            one(p, KEYWORD_ONLY, default)
        if a.kwarg:
            one(a.kwarg, VAR_KEYWORDS, None)

    def s_Return(self, s):
        self.node('Return', 0, s, None, lambda: self.es(s.value))

    def s_Delete(self, s):
        self.node('Delete', 0, s, None, lambda: self.es(*s.targets))

    def s_Assign(self, s):
        self.node('Assign', 0, s, None, lambda: self.es(*s.targets, s.value))

    def s_AugAssign(self, s):
        def children():
            self.augmented = s.target
            self.es(s.target, s.value)
        self.node('AugAssign', 0, s, BINARY[type(s.op)], children)

    augmented = None

    def s_AnnAssign(self, s):
        self.node('AnnAssign', s.simple, s, None, lambda: self.es(s.target, s.annotation, s.value))

    def loop(self, kind, s, flags, first):
        def children():
            first()
            self.block('Body', s.body)
            self.otherwise(s.orelse)
        self.node(kind, flags, s, None, children)

    def otherwise(self, statements):
        if statements:
            self.block('Else', statements)

    def s_For(self, s):
        self.loop('For', s, 0, lambda: self.es(s.target, s.iter))

    def s_AsyncFor(self, s):
        self.loop('For', s, 1, lambda: self.es(s.target, s.iter))

    def s_While(self, s):
        self.loop('While', s, 0, lambda: self.e(s.test))

    def s_If(self, s):
        def children():
            self.e(s.test)
            self.block('Body', s.body)
            rest = s.orelse
            while len(rest) == 1 and isinstance(rest[0], ast.If) and self.raw(rest[0]).startswith('elif'):
                branch = rest[0]

                def inner():
                    self.e(branch.test)
                    self.block('Body', branch.body)
                self.node('Elif', 0, branch, None, inner)
                rest = branch.orelse
            self.otherwise(rest)
        self.node('If', 0, s, None, children)

    def with_(self, s, flags):
        def children():
            for item in s.items:
                self.node('WithItem', 0, NOWHERE, None, lambda: self.es(item.context_expr, item.optional_vars))
            self.block('Body', s.body)
        self.node('With', flags, s, None, children)

    def s_With(self, s):
        self.with_(s, 0)

    def s_AsyncWith(self, s):
        self.with_(s, 1)

    def s_Match(self, s):
        def case(c):
            self.pattern(c.pattern)
            if c.guard:
                self.node('Guard', 0, NOWHERE, None, lambda: self.e(c.guard))
            self.block('Body', c.body)

        def children():
            self.e(s.subject)
            for c in s.cases:
                self.node('Case', 0, NOWHERE, None, lambda: case(c))
        self.node('Match', 0, s, None, children)

    def s_Raise(self, s):
        self.node('Raise', 0, s, None, lambda: self.es(s.exc, s.cause))

    def try_(self, s, flags):
        def handler(h):
            self.es(h.type)
            self.block('Body', h.body)

        def children():
            self.block('Body', s.body)
            for h in s.handlers:
                self.node('Handler', 0, h, h.name, lambda: handler(h))
            self.otherwise(s.orelse)
            if s.finalbody:
                self.block('Finally', s.finalbody)
        self.node('Try', flags, s, None, children)

    def s_Try(self, s):
        self.try_(s, 0)

    def s_TryStar(self, s):
        self.try_(s, 1)

    def s_Assert(self, s):
        self.node('Assert', 0, s, None, lambda: self.es(s.test, s.msg))

    def aliases(self, names):
        for a in names:
            children = None
            if a.asname:
                def children():
                    self.node('AsName', 0, NOWHERE, a.asname)
            self.node('Alias', 0, a, a.name, children)

    def s_Import(self, s):
        self.node('Import', 0, s, None, lambda: self.aliases(s.names))

    def s_ImportFrom(self, s):
        self.node('ImportFrom', min(s.level, 255) << 1, s, s.module, lambda: self.aliases(s.names))

    def declared(self, kind, s):
        def children():
            for name in s.names:
                self.node('Alias', 0, NOWHERE, name)
        self.node(kind, 0, s, None, children)

    def s_Global(self, s):
        self.declared('Global', s)

    def s_Nonlocal(self, s):
        self.declared('Nonlocal', s)

    def s_Expr(self, s):
        self.node('Expr', 0, s, None, lambda: self.e(s.value))

    def s_Pass(self, s):
        self.node('Pass', 0, s, None)

    def s_Break(self, s):
        self.node('Break', 0, s, None)

    def s_Continue(self, s):
        self.node('Continue', 0, s, None)

    # Expressions

    def es(self, *nodes):
        for n in nodes:
            if n is not None:
                self.e(n)

    def e(self, n):
        getattr(self, 'e_' + type(n).__name__)(n)

    def context(self, n):
        flags = CONTEXT[type(n.ctx)]
        return flags | 4 if n is self.augmented else flags

    def e_Name(self, n):
        self.node('Name', self.context(n), n, n.id)

    def e_Attribute(self, n):
        self.node('Attribute', self.context(n), n, n.attr, lambda: self.e(n.value))

    def e_Subscript(self, n):
        self.node('Subscript', self.context(n), n, None, lambda: self.es(n.value, n.slice))

    def e_Slice(self, n):
        flags = (1 if n.lower else 0) | (2 if n.upper else 0) | (4 if n.step else 0)
        self.node('Slice', flags, n, None, lambda: self.es(n.lower, n.upper, n.step))

    def arguments(self, args, keywords):
        everything = sorted(args + keywords, key=lambda n: (n.lineno, n.col_offset)) if not self.format else args + keywords
        for n in everything:
            if isinstance(n, ast.keyword):
                self.node('Keyword', 0, n, n.arg, lambda: self.e(n.value))
            else:
                self.e(n)

    def e_Call(self, n):
        def children():
            self.e(n.func)
            self.arguments(n.args, n.keywords)
        self.node('Call', 0, n, '?', children)

    def text(self, value):
        data = value.encode('utf-8', 'surrogatepass')
        if len(data) > MAX_STRING:
            end = MAX_STRING
            while data[end] & 0xc0 == 0x80:
                end -= 1
            data = data[:end]
        return data.decode('utf-8', 'replace')

    def e_Constant(self, n):
        v = n.value
        if v is None or v is True or v is False:
            self.node(str(v), 0, n, None)
        elif v is Ellipsis:
            self.node('Ellipsis', 0, n, None)
        elif isinstance(v, str):
            flags = 2 if len(v.encode('utf-8', 'surrogatepass')) > MAX_STRING else 0
            named = any('\\N{' in l for l in self.segment(n))
            self.node('String', flags, n, '?' if named else self.text(v))
        elif isinstance(v, bytes):
            flags = 2 if len(v.decode('latin-1').encode()) > MAX_STRING else 0
            self.node('Bytes', flags, n, self.text(v.decode('latin-1')))
        else:
            text = self.raw(n)
            if re.fullmatch('[0-9]{1,9}', text):
                text = str(int(text))
            self.node('Number', '?', n, text or '?')

    def segment(self, n):
        """The lines the node is on."""
        return [l.decode('utf-8', 'replace') for l in self.lines[n.lineno - 1:n.end_lineno]]

    def e_JoinedStr(self, n):
        self.node('FString', 0, n, None, lambda: self.parts(n))

    def parts(self, n):
        self.format += 1
        for v in n.values:
            self.e(v)
        self.format -= 1

    def e_FormattedValue(self, n):
        def children():
            self.e(n.value)
            if n.format_spec:
                self.node('FormatSpec', 0, n, None, lambda: self.parts(n.format_spec))
        self.node('Interpolation', 0, n, max(n.conversion, 0), children)

    def e_TemplateStr(self, n):
        self.node('TString', 0, n, None, lambda: self.parts(n))

    e_Interpolation = e_FormattedValue

    def e_BinOp(self, n):
        self.node('BinOp', 0, n, BINARY[type(n.op)], lambda: self.es(n.left, n.right))

    def e_UnaryOp(self, n):
        self.node('UnaryOp', 0, n, UNARY[type(n.op)], lambda: self.e(n.operand))

    def e_BoolOp(self, n):
        self.node('BoolOp', 0, n, 40 if isinstance(n.op, ast.And) else 41, lambda: self.es(*n.values))

    def e_Compare(self, n):
        ops = [COMPARE[type(o)] for o in n.ops[:8]]
        self.node('Compare', 0, n, sum(o << 4 * i for i, o in enumerate(ops)), lambda: self.es(n.left, *n.comparators))

    def e_NamedExpr(self, n):
        self.node('NamedExpr', 0, n, None, lambda: self.es(n.target, n.value))

    def e_IfExp(self, n):
        self.node('IfExp', 0, n, None, lambda: self.es(n.body, n.test, n.orelse))

    def e_Lambda(self, n):
        def children():
            self.parameters(n.args)
            self.e(n.body)
        self.node('Lambda', self.function_flags([n.body]) & 2, n, None, children)

    def e_Await(self, n):
        self.node('Await', 0, n, None, lambda: self.e(n.value))

    def e_Yield(self, n):
        self.node('Yield', 0, n, None, lambda: self.es(n.value))

    def e_YieldFrom(self, n):
        self.node('YieldFrom', 0, n, None, lambda: self.e(n.value))

    def e_Starred(self, n):
        self.node('Starred', self.context(n), n, None, lambda: self.e(n.value))

    def e_Tuple(self, n):
        self.node('Tuple', self.context(n), n, None, lambda: self.es(*n.elts))

    def e_List(self, n):
        self.node('List', self.context(n), n, None, lambda: self.es(*n.elts))

    def e_Set(self, n):
        self.node('Set', 0, n, None, lambda: self.es(*n.elts))

    def e_Dict(self, n):
        def children():
            for k, v in zip(n.keys, n.values):
                if k is None:
                    self.node('DictUnpack', 0, NOWHERE, None, lambda: self.e(v))
                else:
                    self.es(k, v)
        self.node('Dict', 0, n, None, children)

    def comprehension(self, kind, n, *first):
        def clause(g):
            self.es(g.target, g.iter)
            for test in g.ifs:
                self.node('Guard', 0, NOWHERE, None, lambda: self.e(test))

        def children():
            self.es(*first)
            for g in n.generators:
                self.node('Comprehension', g.is_async, NOWHERE, None, lambda: clause(g))
        self.node(kind, 0, n, None, children)

    def e_ListComp(self, n):
        self.comprehension('ListComp', n, n.elt)

    def e_SetComp(self, n):
        self.comprehension('SetComp', n, n.elt)

    def e_GeneratorExp(self, n):
        self.comprehension('GeneratorExp', n, n.elt)

    def e_DictComp(self, n):
        self.comprehension('DictComp', n, n.key, n.value)

    # Patterns

    def pattern(self, p):
        kind = type(p).__name__
        if kind == 'MatchValue':
            self.node('MatchValue', 0, p, None, lambda: self.e(p.value))
        elif kind == 'MatchSingleton':
            self.node('MatchValue', 0, p, None, lambda: self.node(str(p.value), 0, p, None))
        elif kind == 'MatchAs':
            self.node('MatchAs', 0, p, p.name, p.pattern and (lambda: self.pattern(p.pattern)))
        elif kind in ('MatchSequence', 'MatchOr'):
            self.node(kind, 0, p, None, lambda: [self.pattern(q) for q in p.patterns])
        elif kind == 'MatchStar':
            self.node('MatchStar', 0, p, p.name)
        elif kind == 'MatchMapping':
            def entries():
                for k, q in zip(p.keys, p.patterns):
                    self.e(k)
                    self.pattern(q)
            self.node('MatchMapping', 0, p, p.rest, entries)
        else:
            def parts():
                self.e(p.cls)
                for q in p.patterns:
                    self.pattern(q)
                for name, q in zip(p.kwd_attrs, p.kwd_patterns):
                    self.node('MatchKeyword', 0, NOWHERE, name, lambda: self.pattern(q))
            self.node('MatchClass', 0, p, None, parts)


def main():
    write = sys.stdout.write
    names = sys.stdin.buffer.read().split(b'\0')
    for name in names:
        if not name:
            continue
        write('F %s\n' % json.dumps(name.decode('utf-8', 'surrogateescape')))
        try:
            with open(name, 'rb') as file:
                source = file.read()
            lines = Dump(source, ast.parse(source)).out
        except (SyntaxError, ValueError, RecursionError, MemoryError, UnicodeError) as error:
            write('E %s %s\n\n' % (getattr(error, 'lineno', 0) or 0, str(error).replace('\n', ' ')))
            continue
        write('\n'.join(lines))
        write('\n\n')


main()
