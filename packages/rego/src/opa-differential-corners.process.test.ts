import fc from 'fast-check'
import {
  any,
  glued,
  json,
  list,
  listOf,
  number,
  of,
  pairsOf,
  text,
  type Family,
} from '../../../tools/opa-differential-operands.ts'
import { compareFamilies } from './opa-differential-fixture.ts'

const flags = fc.array(of('-', '+', '#', ' ', '0'), { maxLength: 3 }).map((parts) => parts.join(''))
const width = of('', '', '', '1', '3', '5', '12', '25', '*', '[1]*', '[2]*')
const precision = of('', '', '', '.', '.0', '.1', '.3', '.10', '.20', '.*', '.-3', '.[1]*')
const verb = of(
  ...'vvvdddsssqqxXoObcUeEfFgGtTwz!%é'.split(''),
  '[1]d',
  '[2]v',
  '[3]s',
  '[0]d',
  '[x]d',
  '[1d',
  '[]s',
  '[2]',
  '',
)
const directive = fc.tuple(flags, width, precision, verb).map((parts) => `%${parts.join('')}`)
const format = fc.array(fc.oneof({ weight: 3, arbitrary: directive }, of('', ' ', '|', 'é', '%', '%%')), {
  maxLength: 4,
})

const pattern = glued(
  6,
  ...list(
    'a ;; b ;; . ;; * ;; + ;; ? ;; *? ;; +? ;; ?? ;; {1,2} ;; {2,} ;; {,2} ;; {1001} ;; | ;; ( ;; ) ;; (?i) ;; (?s) ;; (?m)',
    '(?U) ;; (?P<n> ;; (?<n> ;; (?: ;; (?i-s: ;; ^ ;; $ ;; \\b ;; \\B ;; \\A ;; \\z ;; \\Z ;; \\d ;; \\w ;; \\s ;; \\D ;; \\pL ;; \\p{Greek}',
    '\\PN ;; \\p{Foo} ;; [[:alpha:]] ;; [^a-c] ;; [\\d-] ;; []a] ;; [a ;; \\Qa.b\\E ;; \\x41 ;; \\x{1F600} ;; \\1 ;; (?=a) ;; é ;; ſ ;; \\C',
    '\\n ;; \\0 ;; \\a ;; \\. ;; / ;; [😀-😂] ;; (a) ;; (b)?',
  ),
)
const searched = glued(
  8,
  'a',
  'b',
  'ab',
  'A',
  'B',
  'K',
  '\u212a',
  'ſ',
  'é',
  '😀',
  '1',
  ' ',
  '\n',
  '.',
  '-',
  '_',
  '/',
  '',
)
const template = glued(5, 'a', '/', '{', '}', '{a+}', '{[0-9]*}', '{.*}', '<', '>', '<b?>', '.', 'é')

const glob = glued(
  6,
  '\\',
  '[]a]',
  '[!a-c]',
  '[^a]',
  '[a\\]b]',
  '[--a]',
  '[a-c-e]',
  '[ac-e]',
  '[!]',
  '[]',
  'a',
  'b',
  'ab',
  '*',
  '**',
  '?',
  '[a-c]',
  '[!a]',
  '[ab]',
  '{a,b}',
  '{a,{b,c}}',
  '{',
  '}',
  '\\*',
  '.',
  '/',
  ':',
  'é',
  '[',
  ']',
  ',',
  '-',
  '[a-]',
)
const delimiters = of('null', '[]', '["."]', '["/"]', '["/",":"]', '["."," "]', '["é"]', '[""]', '["ab"]', '[1]')

const version = glued(5, '1', '2', '0', '10', '.', '.', '-', '+', 'v', 'rc', 'alpha', '01', ' ')
const fullVersion = fc.oneof(
  fc
    .tuple(
      of('', 'v'),
      of('1.2.3', '1.2.10', '0.0.0', '1.02.3', '1.2', '99999999999999999999.0.0'),
      of('', '-rc.1', '-rc.01', '-1', '-a-b', '-', '-rc..1', '-é'),
      of('', '+b.1', '+', '+001'),
    )
    .map((parts) => parts.join('')),
  version,
)
const unit = fc
  .tuple(
    of('', ' ', '-', '+'),
    of(
      '1',
      '1.5',
      '.5',
      '5.',
      '0',
      '1e3',
      '1E3',
      '100',
      '1_000',
      '123456789012345678901',
      '0x10',
      '1e400',
      '1e-3',
      'a',
      '',
    ),
    of('', ' '),
    of(
      '',
      'm',
      'k',
      'K',
      'M',
      'G',
      'T',
      'P',
      'E',
      'Ki',
      'mi',
      'KI',
      'Gi',
      'kb',
      'KB',
      'KiB',
      'gib',
      'B',
      'x',
      'e',
      'Ei',
      '"',
      'é',
    ),
  )
  .map((parts) => parts.join(''))

const base64 = glued(
  6,
  'a',
  'YQ',
  'YWI',
  'YQ==',
  '=',
  '==',
  '\n',
  '\r',
  ' ',
  '+',
  '/',
  '-',
  '_',
  'é',
  'Zm9v',
  '/w==',
  '7Q',
)
const query = glued(6, 'a', '=', '&', '+', '%20', '%', '%zz', ';', 'é', '%C3%A9', '?', '#', 'b[]', '%00', '%ff')
const strange = glued(
  4,
  'a',
  '1',
  '_',
  '.',
  '+',
  '-',
  'e5',
  '0x',
  '0',
  'p2',
  'inf',
  'nan',
  '"',
  ' ',
  '1e400',
  '1e-400',
  '9',
)

const graph = fc.dictionary(
  of('a', 'b', 'c', 'd'),
  fc.oneof(fc.array(of('a', 'b', 'c', 'd', 'x'), { maxLength: 3 }), of(null, 1, 'a')),
  { maxKeys: 4 },
)
const path = fc.oneof(
  of('a', 'a/b', '/a', 'a/0', '', '/', 'a~1b', 'a//b', 'c/a/b', '0'),
  fc.array(of('a', 'b', 'c', 0, 1, '0', null), { maxLength: 3 }),
  of(1, null),
)

const families: Readonly<Record<string, Family>> = {
  'numbers as they are written': {
    expressions: list(
      'a == b ;; a != b ;; a < b ;; a <= b ;; a > b ;; a >= b ;; a + b ;; a - b ;; a * b ;; a / b ;; a % b ;; [a, b, -a] ;; abs(a)',
      'round(a) ;; ceil(a) ;; floor(a) ;; sum([a, b]) ;; product({a, b}) ;; max({a, b}) ;; min([a, b]) ;; {a, b} ;; {a: 1, b: 2}',
      '{a: 1}[b] ;; [10, 20, 30][a] ;; a in [b, 1, 2.5] ;; sort([a, b, 1]) ;; json.marshal([a, {"x": b}]) ;; format_int(a, 2)',
      'format_int(a, b) ;; format_int(a, 16) ;; sprintf("%v %d %s %x %5.1f", [a, b, a, b, a]) ;; $"{a} {b}" ;; bits.and(a, b)',
      'bits.or(a, b) ;; bits.xor(a, b) ;; bits.negate(a) ;; bits.lsh(a, 70) ;; bits.rsh(a, b) ;; numbers.range(a % 50, 12)',
      'numbers.range_step(a % 50, 10, b) ;; array.slice([1, 2, 3], a, b) ;; substring("aébc", a, b)',
      'strings.split_n("a,b,c", ",", a) ;; round(a * 100) / 100 ;; units.parse(format_int(a, 10))',
      'object.get({"a": [1, 2]}, ["a", a], b) ;; json.patch([1, 2], [{"op": "add", "path": ["0"], "value": a}]) ;; time.date(a)',
      'to_number(sprintf("%v", [a])) ;; indexof_n("aXa", "a")[a]',
    ),
    a: number,
    b: number,
  },
  'values of every type': {
    expressions: list(
      'a == b ;; a < b ;; a >= b ;; type_name(a) ;; count(a) ;; sum(a) ;; product(a) ;; max(a) ;; min(a) ;; sort(a) ;; is_null(a)',
      'is_boolean(a) ;; is_number(a) ;; is_string(a) ;; is_array(a) ;; is_object(a) ;; is_set({x | some x in a}) ;; to_number(a)',
      'a + b ;; a - b ;; a * b ;; a & b ;; a | b ;; a in b ;; (1, a in b) ;; array.concat(a, b) ;; array.flatten(a)',
      'array.reverse(a) ;; object.get(a, b, "none") ;; object.remove(a, b) ;; object.remove(a, {x | some x in b})',
      'object.filter(a, b) ;; object.union(a, b) ;; object.union_n([a, b, a]) ;; object.union_n(a) ;; object.subset(a, b)',
      'object.subset({x | some x in a}, {x | some x in b}) ;; object.subset(a, {x | some x in b}) ;; object.keys(a)',
      'intersection({{x | some x in a}, {x | some x in b}}) ;; union({{x | some x in a}, {x | some x in b}}) ;; intersection(set())',
      'concat(a, b) ;; concat(",", {x | some x in a}) ;; split(a, b) ;; contains(a, b) ;; sprintf("%v|%s|%d", [a, b, a])',
      'sprintf("%s", a) ;; $"{a}" ;; json.marshal(a) ;; json.marshal({a: b})',
      'json.marshal_with_options(a, {"indent": " ", "prefix": "-"}) ;; json.is_valid(a) ;; json.unmarshal(json.marshal(a))',
      'strings.any_prefix_match(a, b) ;; strings.any_suffix_match({x | some x in a}, b) ;; strings.replace_n(a, b) ;; lower(a)',
      'trim(a, b) ;; indexof(a, b) ;; base64.encode(a) ;; base64.is_valid(a) ;; urlquery.encode_object(a) ;; hex.encode(a)',
      'crypto.md5(a) ;; crypto.hmac.sha256(a, b) ;; crypto.sha1(a) ;; crypto.hmac.md5(a, b) ;; crypto.hmac.sha1(a, b)',
      'crypto.hmac.sha512(a, b) ;; crypto.hmac.equal(a, b) ;; graph.reachable(a, b) ;; graph.reachable_paths(a, b)',
      'net.cidr_contains(a, b) ;; net.cidr_merge(a) ;; regex.match(a, b) ;; glob.match(a, b, "a") ;; semver.is_valid(a)',
      'units.parse_bytes(a) ;; time.weekday(a) ;; [x | walk(a, x)] ;; {x: y | some x, y in a} ;; [x | some x in a] == a',
      'yaml.marshal(a) ;; json.filter(a, b) ;; json.remove(a, b) ;; json.patch(a, b)',
    ),
    a: any,
    b: any,
  },
  'deprecated builtins': {
    expressions: list(
      'all(a) ;; any(a) ;; all({x | some x in a}) ;; cast_array(a) ;; cast_array({x | some x in a}) ;; cast_set(a) ;; cast_string(a)',
      'cast_boolean(a) ;; cast_null(a) ;; cast_object(a) ;; set_diff({x | some x in a}, {x | some x in b}) ;; re_match("^a", a)',
      'net.cidr_overlap("10.0.0.0/8", b)',
    ),
    a: fc.oneof(any, listOf(of('true', 'false', '1', 'null'))),
    b: fc.oneof(any, json(of('10.1.2.3', '10.1.0.0/16', '::1', '::ffff:10.0.0.0/104', 'x'))),
    isOld: true,
  },
  'directives of sprintf': {
    expressions: ['sprintf(a, b)', '[sprintf(a, [b[0], b])]'],
    a: json(format.map((parts) => parts.join('|'))),
    b: listOf(fc.oneof({ weight: 2, arbitrary: number }, text, any), 4),
  },
  'regular expressions': {
    expressions: list(
      'regex.match(a, b) ;; regex.is_valid(a) ;; regex.split(a, b) ;; regex.find_n(a, b, -1) ;; regex.find_n(a, b, 2)',
      'regex.replace(b, a, "<$1-${2}$n>$$x$0") ;; regex.find_all_string_submatch_n(a, b, -1)',
      'regex.find_all_string_submatch_n(a, b, 1) ;; regex.replace(b, a, b) ;; regex.find_n(a, b, 0)',
    ),
    a: json(pattern),
    b: json(searched),
  },
  'templates of regular expressions': {
    expressions: [
      'regex.template_match(a, b, "{", "}")',
      'regex.template_match(a, b, "<", ">")',
      'regex.template_match(a, a, "{", "}")',
      'regex.template_match(a, b, "ab", "}")',
    ],
    a: json(template),
    b: json(template),
  },
  'globs with delimiters': {
    expressions: ['glob.match(a[0], a[1], b)', 'glob.quote_meta(a[0])', 'glob.match(glob.quote_meta(b), a[1], b)'],
    a: fc.tuple(json(glob), delimiters).map((pair) => `[${pair.join(',')}]`),
    b: json(glued(6, 'a', 'b', 'ab', 'c', '.', '/', ':', '*', 'é', ' ', '-', ',', '{', '[')),
  },
  'versions and units': {
    expressions: [
      'semver.is_valid(a)',
      'semver.compare(a, a)',
      'semver.compare(a, "1.2.3-rc.1")',
      'semver.compare("1.2.10", a)',
      'units.parse(b)',
      'units.parse_bytes(b)',
    ],
    a: json(fullVersion),
    b: json(unit),
  },
  encodings: {
    expressions: list(
      'base64.decode(a) ;; base64.is_valid(a) ;; base64url.decode(a) ;; base64url.encode_no_pad(a) ;; base64url.encode(a)',
      'hex.decode(b) ;; hex.encode(a) ;; urlquery.decode(b) ;; urlquery.decode_object(b) ;; urlquery.encode(b)',
      'urlquery.encode_object({a: [b, a], "x": {b}}) ;; json.is_valid(b) ;; to_number(b)',
    ),
    a: json(base64),
    b: json(fc.oneof(query, strange, glued(6, 'a', 'F', '0', '9', 'g', 'ff', 'c3a9', ' '))),
  },
  'texts as numbers and JSON': {
    expressions: list(
      'to_number(a) ;; to_number(a) + 1 ;; sprintf("%v %d %s", [to_number(a), to_number(a), to_number(a)]) ;; json.unmarshal(a)',
      'json.is_valid(a) ;; json.unmarshal(b) ;; json.is_valid(b) ;; json.marshal(json.unmarshal(b))',
    ),
    a: json(strange),
    b: json(
      glued(
        8,
        '{',
        '}',
        '[',
        ']',
        '"a"',
        ':',
        ',',
        '1',
        '-',
        '0',
        '.5',
        'e3',
        'true',
        'null',
        ' ',
        '\n',
        '\u0001',
        '"\\u00e9"',
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '1e40000',
        '1e99999999999',
      ),
    ),
  },
  'paths into documents': {
    expressions: list(
      'json.filter(a, b) ;; json.remove(a, b) ;; json.filter({"x": a, "a": a}, {p | some p in b})',
      'json.remove({"c": a, "a": a}, {p | some p in b}) ;; object.get(a, b, "none") ;; object.filter(a, b) ;; object.remove(a, b)',
      'json.filter(a, b[0])',
    ),
    a: any,
    b: json(fc.array(path, { maxLength: 3 })),
  },
  graphs: {
    expressions: [
      'graph.reachable(a, b)',
      'graph.reachable(a, {x | some x in b})',
      'graph.reachable_paths(a, b)',
      'graph.reachable_paths({k: {x | some x in v} | some k, v in a}, {x | some x in b})',
      'graph.reachable({k: {x | some x in v} | some k, v in a}, b)',
    ],
    a: json(graph),
    b: json(fc.oneof(fc.array(of('a', 'b', 'c', 'x', 1), { maxLength: 3 }), of('a', null))),
  },
  'strings in collections': {
    expressions: list(
      'strings.any_prefix_match(a, b) ;; strings.any_suffix_match(a, b)',
      'strings.any_prefix_match({x | some x in a}, {x | some x in b}) ;; strings.replace_n({a[0]: b[0], a[1]: b[1]}, b[2])',
      'strings.replace_n({"": a[0], b[0]: a[1]}, b[2]) ;; replace(a[0], b[0], b[1]) ;; indexof(a[0], b[0]) ;; indexof_n(a[0], b[0])',
      'strings.count(a[0], b[0]) ;; split(a[0], b[0]) ;; strings.split_n(a[0], b[0], 2) ;; strings.split_n(a[0], b[0], -1)',
      'substring(a[0], 1, -1) ;; upper(a[0]) ;; lower(a[0]) ;; strings.reverse(a[0]) ;; trim(a[0], b[0]) ;; trim_left(a[0], b[0])',
      'trim_right(a[0], b[0]) ;; trim_space(a[0]) ;; concat(a[0], b) ;; concat(a[0], {x | some x in b}) ;; sort(array.concat(a, b))',
      'max(array.concat(a, b)) ;; sprintf("%q|%10s|%-3s|", [a[0], b[0], a[1]])',
    ),
    a: listOf(
      json(
        glued(
          3,
          'a',
          'b',
          'ab',
          'é',
          'É',
          'ß',
          'İ',
          'ı',
          'Σ',
          'ς',
          'ǅ',
          '😀',
          ' ',
          '\u00a0',
          '\u2028',
          '\ufeff',
          '\u200b',
          '',
        ),
      ),
      3,
    ),
    b: listOf(json(glued(2, 'a', 'b', 'ab', 'é', 'ß', 'Σ', '😀', ' ', '', '\u00a0')), 3),
  },
}

compareFamilies('corner cases of %s give byte for byte what OPA gives', families, 250, pairsOf)
