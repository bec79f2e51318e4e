// The entry point.
import { render } from 'preact';
import { App } from './app.tsx';
import { browserRing } from './calls/tone.ts';
import { discardUnsent } from './chat/unsent.ts';
import { apiUrl } from './config.ts';
import { keepLogin } from './login/browser.ts';
import './ui/base.css';
import './ui/controls.css';
import './ui/dialog.css';
import './login/welcome.css';
import './people/people.css';
import './chat/chat.css';
import './chat/messages.css';
import './chat/composer.css';

const keeper = keepLogin(apiUrl);
// The login may have ended while this page was unloaded.
discardUnsent(keeper.current.peek()?.username);
render(<App keeper={keeper} ring={browserRing()} />, document.getElementById('app')!);
