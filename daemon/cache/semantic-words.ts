// What the semantic cache knows of the language of developers: which words mean the same, which are names, which mark
// the part that something plays. Everything that stands in no list here counts as written: what is not known to be
// equal is different. A row may be added only when no developer would expect another answer after swapping its words.
// Not here: how an ask is taken apart (semantic-meaning.ts).

/** First word = the word that stands for all. Anywhere in an ask. */
const WORD_ROWS = `
folder directory dir
repository repo
documentation docs doc
parameter param
argument arg
configuration config
database db
application app
library lib
dependency dep
regex regexp
message msg
production prod
development dev
utility util
temporary temp
maximum max
minimum min
specification spec
identifier id
certificate cert
administrator admin
asynchronous async
issue problem
several multiple
entire whole
big large
fastest quickest
wrong incorrect
everywhere throughout
all every each
also too
only solely merely
now currently
start begin
finish complete
happen occur
execute run
javascript js
color colour
gray grey
behavior behaviour
lowercase lower-case
uppercase upper-case
e-mail email
filename file-name
whitespace white-space
newline line-break
codebase code-base
keystroke keypress
photo photograph
`;

/** Only where the word is what is asked to be done. */
const ACTION_ROWS = `
write create generate make produce draft provide
show list display
fix repair correct
remove delete
convert transform translate port turn
verify check
use utilize employ
find locate
optimize accelerate
refactor restructure
call invoke
get retrieve obtain
save store
prevent avoid
ensure guarantee
allow let permit
decrease reduce
move relocate
compute calculate
handle
choose pick
iterate loop
determine
summarize
concatenate concat
initialize init
authenticate
`;

/** Several words that mean the same as one; longest first where one begins like another. */
const PHRASE_ROWS: readonly (readonly [phrase: string, word: string])[] = [
  ['change the name of', 'rename'],
  ['in order to', 'to'],
  ['so as to', 'to'],
  ['by means of', 'using'],
  ['with the help of', 'using'],
  ['make use of', 'use'],
  ['get rid of', 'remove'],
  ['take care of', 'handle'],
  ['deal with', 'handle'],
  ['make sure that', 'ensure'],
  ['make sure', 'ensure'],
  ['find out', 'determine'],
  ['figure out', 'determine'],
  ['work out', 'compute'],
  ['come up with', 'write'],
  ['set up', 'setup'],
  ['clean up', 'cleanup'],
  ['speed up', 'optimize'],
  ['most recent', 'last'],
  ['latest', 'last'],
  ['as well', 'also'],
  ['each time', 'whenever'],
  ['every time', 'whenever'],
  ['each of', 'all'],
  ['every one of', 'all'],
  ['every single', 'all'],
  ['all of', 'all'],
  ['the number of', 'number of'],
  ['regular expression', 'regex'],
  ['regular expressions', 'regex'],
  ['environment variable', 'envvar'],
  ['environment variables', 'envvar'],
  ['env var', 'envvar'],
  ['env vars', 'envvar'],
  ['env variable', 'envvar'],
  ['env variables', 'envvar'],
  ['type hint', 'type annotation'],
  ['type hints', 'type annotations'],
  ['pull request', 'pullrequest'],
  ['pull requests', 'pullrequest'],
  ['pr', 'pullrequest'],
  ['prs', 'pullrequest'],
  ['key press', 'keystroke'],
  ['source code', 'code'],
  ['status code', 'status'],
  ['status codes', 'status'],
  ['line break', 'newline'],
  ['line breaks', 'newline'],
  ['code base', 'codebase'],
  ['white space', 'whitespace'],
  ['data base', 'database'],
  ['time out', 'timeout'],
  ['file name', 'filename'],
  ['file names', 'filename'],
  ['lower case', 'lowercase'],
  ['upper case', 'uppercase'],
  ['test whether', 'check if'],
  ['test if', 'check if'],
  ['tell whether', 'check if'],
  ['tell if', 'check if'],
  ['the following', 'this'],
  ['is it possible to', 'can i'],
  ['is it necessary to', 'do i need to'],
  ['do i have to', 'do i need to'],
  ['see whether', 'check if'],
  ['see if', 'check if'],
  ['rather than', 'instead-of'],
  ['in place of', 'instead-of'],
  ['prior to', 'before'],
  ['ahead of', 'before'],
  ['because of', 'due-to'],
  ['due to', 'due-to'],
  ['instead of', 'instead-of'],
  ['other than', 'except'],
  ['apart from', 'except'],
  ['except for', 'except'],
  ['such as', 'like'],
  ['out of', 'out-of'],
  ['without losing', 'but keep'],
  ['and keep', 'but keep'],
  ['at the moment', 'now'],
  ['right now', 'now'],
  ['a lot of', 'many'],
  ['lots of', 'many'],
  ['its own', 'a'],
  ['their own', 'a'],
  ['my own', 'my'],
  ['no longer', 'no-longer'],
  ['how many', 'how-many'],
  ['how much', 'how-much'],
  ['how long', 'how-long'],
  ['how often', 'how-often'],
  ['how big', 'how-big'],
  ['how fast', 'how-fast'],
  ['throw an error', 'throw error'],
  ['raise an error', 'throw error'],
  ['throw an exception', 'throw exception'],
  ['raise an exception', 'throw exception'],
  ['node js', 'node'],
  ['type script', 'typescript'],
  ['java script', 'javascript'],
  ['c sharp', 'csharp'],
];

/** Words that say which part the words behind them play. Equal classes are equal parts. */
const MARKER_ROWS = `
to into onto
from out-of
in inside
on upon
with
using via
by
for
of
at
before
after
until till
since
than
instead-of
without
except
between
against
versus vs
as
like
when
whenever
while
if whether
unless
because
due-to
about regarding concerning
over
under
above
below
through
across
per
off
up
down
along
around
behind
among
during
that which who
where
`;

/** Languages, tools and platforms: what a question is about may stand before the noun or behind "in". */
const NAME_ROWS = `
javascript js ecmascript
typescript ts
python py
go golang
rust
java
kotlin
swift
ruby
php
perl
scala
haskell
elixir
erlang
clojure
lua
dart
julia
matlab
fortran
cobol
c
c++ cpp
c# csharp
f# fsharp
r
sql
html
css
scss
sass
bash
zsh
fish
powershell pwsh
node node.js nodejs
deno
bun
react react.js reactjs
vue vue.js vuejs
angular
svelte
next.js nextjs
nuxt
express express.js
django
flask
fastapi
rails
laravel
spring
springboot
jquery
tailwind tailwindcss
bootstrap
flexbox
numpy
pandas
pytorch
tensorflow
pytest
jest
vitest
mocha
webpack
vite
eslint
npm
yarn
pnpm
pip
poetry
cargo
maven
gradle
git
github
gitlab
docker
kubernetes k8s
kubectl
helm
terraform
ansible
aws
azure
gcp
linux
windows
macos osx
ubuntu
debian
alpine
android
ios
postgres postgresql
mysql
mariadb
sqlite
mongodb mongo
redis
kafka
rabbitmq
elasticsearch
nginx
apache
graphql
vim
neovim nvim
emacs
vscode
excel
`;

const PLATFORMS = 'linux windows macos ubuntu debian alpine android ios aws azure gcp';

/** What asks for work; "-s", "-ing" and "-ed" are taken off of these alone. */
const VERBS = `
abort accept access add adjust allocate allow amend analyze animate annotate append apply archive ask assert assign
attach authenticate automate avoid back begin benchmark bind block break bring build bump bundle cache calculate call
cancel capture cast catch center change check checkout choose clean cleanup clear clone close collapse collect combine
come comment commit compare compile complete compose compress compute concat concatenate configure connect consume
contain continue control convert copy correct count crash create crop debounce debug declare decode decorate decrease
decrypt define delete deploy deprecate describe deserialize detect determine diff disable disconnect display divide do
document download draft drop dump duplicate edit embed emit employ enable encode encrypt ensure enter enumerate
escape estimate evaluate examine exclude execute exit expand expect explain export expose extend extract fail fetch
fill filter find finish fix flatten flush fold follow force fork format freeze generate get give group grow guarantee
handle hang happen hash help hide highlight hold identify ignore implement import improve include increase increment
indent infer init initialize inject inline insert inspect install instantiate integrate intercept interpret introduce
invert invoke iterate join keep kill know launch leak let limit link lint list listen load locate lock log look loop
lower make manage map mark match measure merge migrate minify minimize mock modify monitor mount move name navigate
normalize obtain occur open optimize order organize override overwrite pad paginate parallelize parse pass paste patch
pause perform permit persist pick ping plot point poll populate port post prepare prepend press prevent print
process produce profile profiling promote propose protect prove provide prune publish pull purge push put query queue
raise randomize rank read rearrange rebase rebuild receive recommend reconnect record recover redirect redo reduce
refactor reference refresh register reinstall reject reload relocate remove rename render repair repeat replace reply
report reproduce request require rerender reset resize resolve restart restore restrict restructure resume retrieve retry return
reuse reverse revert review revoke rewrite roll rotate round route run sanitize save scale scan schedule scrape scroll search
secure see seed select send separate serialize serve set setup share shorten show shrink shuffle shut sign simplify
simulate skip slice solve sort specify split squash stack stage start stash stop store stream style submit subscribe
subtract suggest sum summarize support suppress swap switch sync tag take tell terminate test throttle throw time toggle
trace track train transform translate traverse trigger trim troubleshoot truncate try turn type uncomment undo
unfreeze uninstall unit unlock unmount unstage unsubscribe unwrap unzip update upgrade upload use utilize validate
verify version view visualize vote wait walk warn watch wrap write zip
`;

/** What something does by itself, without anything that it is done to. */
const STATE_VERBS = 'fail crash hang rerender flicker leak work';

const UNIT_ROWS = `
ms millisecond milliseconds msec msecs
s second seconds sec secs
min minute minutes mins
h hour hours hr hrs
d day days
week weeks
month months
year years
% percent
KB kilobyte kilobytes
MB megabyte megabytes
GB gigabyte gigabytes
TB terabyte terabytes
byte bytes
bit bits
px pixel pixels
ns nanosecond nanoseconds
us microsecond microseconds
`;

const NUMBER_WORDS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty';

/** Short words of other languages that are no English ones; two of them are enough to leave an ask as it is. */
const FOREIGN_WORDS = `
der das und nicht ist ein eine einen einem einer ich wie für fuer auf zu zur zum von vom dem den im ich du wir sie
kann kannst bitte warum wieso welche welcher welches dieser diese dieses oder aber auch noch nur wenn als bei nach aus
le la les une et pas avec pour dans sur comment pourquoi quelle quel quels ce cette ces je tu nous vous mon ma
mes qui que quoi ou où peux veux dois fait faire el los las un una para como por qué que cuál cómo esto este esta
puedo puedes hacer mi pero sin il lo gli che di perché posso fare questo questa nel nella della het een
de niet met voor hoe waarom welke dit deze ik je wij um uma não com em meu minha isso este esta fazer
`;

function rowsOf(text: string): readonly (readonly string[])[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Each word of a row -> the first of it. */
function firstOfRow(text: string): ReadonlyMap<string, string> {
  return new Map(rowsOf(text).flatMap((row) => row.map((word) => [word, row[0] ?? word] as const)));
}

export const SAME_WORDS: ReadonlyMap<string, string> = firstOfRow(WORD_ROWS);
export const SAME_ACTIONS: ReadonlyMap<string, string> = firstOfRow(ACTION_ROWS);
export const NAMES: ReadonlyMap<string, string> = firstOfRow(NAME_ROWS);
export const MARKERS: ReadonlyMap<string, string> = firstOfRow(MARKER_ROWS);
export const UNITS: ReadonlyMap<string, string> = firstOfRow(UNIT_ROWS);
export const VERB_WORDS: ReadonlySet<string> = wordsOf(VERBS);
export const STATE_WORDS: ReadonlySet<string> = wordsOf(STATE_VERBS);
export const PLATFORM_NAMES: ReadonlySet<string> = wordsOf(PLATFORMS);
export const FOREIGN: ReadonlySet<string> = wordsOf(FOREIGN_WORDS);
export const NUMBERS: ReadonlyMap<string, number> = new Map(
  NUMBER_WORDS.split(' ').map((word, value) => [word, value]),
);
export const PHRASES: ReadonlyMap<
  string,
  readonly { readonly from: readonly string[]; readonly to: readonly string[] }[]
> = phrasesByFirstWord();

function phrasesByFirstWord(): Map<string, { from: readonly string[]; to: readonly string[] }[]> {
  const table = new Map<string, { from: readonly string[]; to: readonly string[] }[]>();
  for (const [phrase, word] of PHRASE_ROWS) {
    const from = phrase.split(' ');
    const first = from[0] ?? '';
    const rows = table.get(first) ?? [];
    rows.push({ from, to: word.split(' ') });
    table.set(first, rows);
  }
  for (const rows of table.values()) rows.sort((one, other) => other.from.length - one.from.length);
  return table;
}
