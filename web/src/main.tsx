// Begins.
import { render } from 'preact';
import { App } from './app.tsx';
import { apiUrl } from './config.ts';
import { keepSession } from './session/browser.ts';
import './ui/style.css';

render(<App keeper={keepSession(apiUrl)} />, document.getElementById('app')!);
