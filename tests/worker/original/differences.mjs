// The intended differences between Natter and the original server, as docs/migrating.md words them. The rows of the table refer to
// their keys.

/** Differences by section: `there` describes the original server, `here` Natter, and `why` gives the reason. */
export const differences = {
  'Usernames and passwords': {
    caseInsensitive: {
      there: '`ann` and `Ann` are two users, and a call to the wrong spelling reaches no one.',
      here: 'They are one user, shown as registered. Logins and calls accept any case.',
      why: 'People do not type their name the same way every time, and `Ann` must not pose as `ann`.',
    },
    trimmed: {
      there: 'Spaces around a username are part of it, and `"   "` is a username.',
      here: 'Spaces around it are removed, and something has to remain.',
      why: 'Phone keyboards add a space after a word.',
    },
    twoCharacters: { there: 'A username has three characters or more.', here: 'Two are enough.', why: 'Many given names have two letters, or one or two characters in Chinese.' },
    longNames: { there: 'A username can be of any length.', here: 'It has at most 64 characters.', why: 'Every client receives it with every list of users and every message.' },
    invisible: {
      there: 'A username can contain line breaks and control, bidirectional and invisible characters.',
      here: 'These are refused.',
      why: 'They make two names look the same, and break lists.',
    },
    reserved: { there: 'Anyone can be `admin` or `system`.', here: 'Such names are reserved.', why: 'Users would take them for the voice of the server.' },
    conflict: { there: 'Registering a name that is taken is answered with 400.', here: 'With 409. The error names the username too.', why: 'A frontend can tell it from a malformed request.' },
    race: { there: 'Two registrations of one name at the same moment both succeed; the second password wins.', here: 'One succeeds.', why: 'The first user would be locked out.' },
    shortPasswords: {
      there: 'A password has at least six characters.',
      here: 'At least eight. `PASSWORD_MIN_LENGTH=6` allows what your form promises; existing passwords are accepted at any length.',
      why: 'Current guidelines (NIST SP 800-63B) ask for eight.',
    },
    longPasswords: { there: 'A password can be of any length.', here: 'It has at most 128 characters.', why: 'Hashing costs time in proportion.' },
    truncatedPasswords: { there: 'Only the first 72 bytes of a password count (bcrypt).', here: 'All of it counts.', why: 'A long passphrase is as strong as it looks.' },
    commonPasswords: { there: 'Any password is accepted.', here: 'The most common ones, and the username itself, are refused.', why: 'Attackers try them first.' },
    emptyLogin: { there: 'A login with an empty username or password is answered with 400.', here: 'With 401, like any other wrong one.', why: 'It is a wrong password.' },
    types: {
      there: 'Fields that are not strings register unusable accounts, or are answered with 401 or 500.',
      here: 'They are answered with 400.',
      why: 'The request is malformed.',
    },
  },
  'Requests and other origins': {
    jsonErrors: { there: 'Malformed JSON, a body that is too large and an unknown path are answered with an HTML page.', here: 'Every error is JSON: `{ error, code }`, with the same status.', why: 'A frontend can read it.' },
    contentType: { there: 'A body that is not `application/json` counts as empty: 400.', here: '415 says what is missing.', why: 'The sentence about missing fields misleads.' },
    methods: { there: 'A wrong method at a known path is answered with 404.', here: 'With 405 and `Allow`.', why: 'This is what HTTP provides for it.' },
    caseOfPaths: { there: '`/API/Auth/Login` is `/api/auth/login`.', here: 'Paths are case-sensitive. A trailing slash makes no difference on either server.', why: 'URLs are case-sensitive, and caches and proxies treat them so.' },
    foreignOrigin: {
      there: 'Requests and WebSockets from pages of other origins are carried out; the browser only hides the answer, and not even that for a WebSocket.',
      here: 'They are refused with 403 before anything happens.',
      why: 'Another site must not act for your users. List every origin of your frontend in `FRONTEND_URL`.',
    },
    noOrigin: { there: '`Access-Control-Allow-Origin` is always sent.', here: 'Only in answers to a request with an `Origin`.', why: 'Only pages of another origin need it.' },
    socketPath: { there: '`/socket.io` without a trailing slash is not found.', here: 'It is the same as `/socket.io/`.', why: 'Clients with `addTrailingSlash: false` connect, too.' },
    servedClient: { there: '`/socket.io/socket.io.js` is the client library.', here: 'It is not served.', why: 'Bundle `socket.io-client`, or load it from a CDN, so that the version is yours to choose.' },
  },
  'Messages and presence': {
    ids: { there: 'The `id` of a message is the time in milliseconds: two at once have the same.', here: 'It is a UUID (version 7), unique, and sorts by time.', why: 'Lists in React and Vue need unique keys.' },
    textTypes: { there: '`text` can be missing, or a number or an object.', here: 'It is a string.', why: 'Frontends call string methods on it, and break for everyone who receives it.' },
    emptyTexts: { there: 'A text can be empty or invisible.', here: 'It is refused.', why: 'It would be an empty line in every client.' },
    longTexts: { there: 'A text can have up to a megabyte.', here: 'It has at most 4,000 characters.', why: 'Everyone receives it, now and with the history.' },
    controlCharacters: { there: 'A text can contain any control character.', here: 'Line breaks (`\\n`, `\\r\\n`) and tabs only.', why: 'The others have no meaning in a chat, and can disturb terminals and logs.' },
    noData: { there: 'An event without data ends the server.', here: 'It is refused.', why: 'One client must not disconnect all others.' },
    exceptions: { there: 'An unknown event is ignored.', here: 'Its sender gets `exception`, and the others hear nothing. The same applies to every refused event.', why: 'A developer sees what is wrong. A frontend that does not listen for it does not notice.' },
    acknowledgements: { there: 'No event is ever acknowledged: a callback never runs.', here: 'Every event is, if the client passes a callback.', why: 'A frontend can tell when a message is safe.' },
    offset: { there: 'Handlers get one argument.', here: 'Events that can be recovered bring a second, a string.', why: 'Connection state recovery of Socket.IO needs it. JavaScript ignores it; in Python declare `*args`.' },
    recovery: {
      there: 'A client that comes back is a new one: everything it missed but the last 50 messages is lost.',
      here: 'Within two minutes it gets its session back, with everything it missed, in order, and then `message_history` as on any connection.',
      why: 'Networks fail. A frontend that replaces its list with `message_history` shows the same on both servers.',
    },
    grace: { there: 'A user whose connection is lost is offline at once, and online again a second later.', here: 'A lost connection is forgiven for five seconds; a disconnect shows at once.', why: 'The list does not flicker on trains.' },
    tabs: { there: 'A user with two tabs who closes one is offline.', here: 'The user stays online until the last one is closed.', why: 'The list is right.' },
    unchangedLists: { there: '`online_users` goes to everyone at every connection.', here: 'When the list has changed, and once for several changes within a moment.', why: 'A thousand users who reconnect would cause a million lists.' },
    order: { there: '`online_users` is in the order of connecting.', here: 'In the order of names.', why: 'It is the same for everyone and does not jump.' },
  },
  Calls: {
    reasons: { there: '`call_ended` has `from`.', here: 'It has `reason` as well.', why: 'A frontend can say why.' },
    deadEnds: { there: 'A call to a user who is offline is ignored, and the caller waits.', here: 'The caller gets `call_ended`.', why: 'A frontend that only knows `call_ended` is never left ringing.' },
    callsToOneself: { there: 'A user can call themselves, and gets `incoming_call`.', here: 'The call ends with `call_ended`.', why: 'A call needs two users.' },
    noOffer: { there: 'A call without `offer` rings.', here: 'It ends with `call_ended`.', why: 'The callee could not answer it.' },
    oneCall: {
      there: 'A user can be in any number of calls, and can call everybody at once.',
      here: 'A user is in one call at a time: further calls, of or to this user, end with `call_ended`.',
      why: 'A second call would end the first in most frontends. Calls of several people need events of their own.',
    },
    glare: { there: 'Two users who call each other both ring.', here: 'The first call rings, the second ends with `call_ended`.', why: 'One of the two calls has to give way.' },
    noCall: { there: 'Answers to and ends of calls that do not exist are delivered.', here: 'They are refused.', why: 'Anyone could end the calls of others, or put a stranger into them.' },
    left: { there: 'The other side of a call is not told that a user has left.', here: 'It gets `call_ended`, for a lost connection after 15 seconds.', why: 'It would look at a frozen picture.' },
    tabsRing: { there: 'Only the tab that connected last rings.', here: 'All ring, the first to answer takes the call, and the others get `call_ended`.', why: 'The user is at one of them, and the server cannot know which.' },
    earlyCandidates: { there: 'Candidates sent before the offer arrive before it.', here: 'They arrive after it.', why: 'Without the offer most frontends cannot add them, and lose them.' },
    candidatesWhileRinging: { there: 'The caller’s candidates arrive while the call rings.', here: 'They arrive once the callee has answered, at the tab that did.', why: 'Before that most frontends have no connection to add them to, and lose them.' },
    candidatesOfTheCallee: { there: 'Candidates of the callee can arrive before the answer.', here: 'They arrive after it.', why: 'Browsers refuse candidates without a remote description.' },
  },
};
