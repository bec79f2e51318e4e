"""Checks with python-socketio what clients rely on: python_client.py [--transport NAME] URL.

Prints a line for each part of the contract that holds, and fails at the first that does not.
"""

import argparse
import datetime
import faulthandler
import functools
import os
import sys
import threading

import engineio
import requests
import socketio

# The deadline for anything the client waits for, in seconds. It is generous.
PATIENCE = 30

SDP = 'v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=setup:actpass\r\n'
OFFER = {'type': 'offer', 'sdp': SDP}
ANSWER = {'type': 'answer', 'sdp': SDP}
CANDIDATE = {'candidate': 'candidate:1 1 udp 2122260223 192.0.2.7 54321 typ host', 'sdpMid': '0', 'sdpMLineIndex': 0}
EVENTS = (
    'message_history', 'new_message', 'online_users', 'incoming_call', 'call_answered', 'ice_candidate', 'call_ended', 'exception',
)
TEXT = 'naïve <b>日本語</b> 👩‍👩‍👧\n\t"quoted" \\'


class Client:
    """A client that records every event as (name, value)."""

    def __init__(self, url, transport=None):
        self.url = url
        self.transports = [transport] if transport else None
        self.events = []
        self.arrived = threading.Condition()
        self.seen = {}
        self.sio = socketio.Client()
        for name in ('connect', 'connect_error', 'disconnect', *EVENTS):
            self.sio.on(name, functools.partial(self.record, name))

        # Heartbeats trigger no event.
        receive = self.sio.eio._receive_packet

        def receive_and_count(packet):
            receive(packet)
            if packet.packet_type == engineio.packet.PING:
                self.record('heartbeat')

        self.sio.eio._receive_packet = receive_and_count

    def connect(self, token):
        self.sio.connect(self.url, auth={'token': token}, transports=self.transports, wait_timeout=PATIENCE)

    def record(self, name, value=None, *_offset):
        # The offset after the data is for clients that can recover a session; others have to accept it.
        with self.arrived:
            self.events.append((name, value))
            self.arrived.notify_all()

    def next(self, name, accept=lambda value: True):
        """Returns the value of the next accepted event of this name, after the one returned last."""

        def find():
            start = self.seen.get(name, -1) + 1
            return next((i for i in range(start, len(self.events)) if self.events[i][0] == name and accept(self.events[i][1])), None)

        with self.arrived:
            if not self.arrived.wait_for(lambda: find() is not None, PATIENCE):
                raise AssertionError(f'no {name} that fits; there were {[name for name, _ in self.events]}')
            index = find()
            self.seen[name] = index
            return self.events[index][1]

    def count(self, name):
        return sum(1 for event, _ in self.events if event == name)

    def ask(self, name, data):
        """Sends an event. Returns its acknowledgement."""
        return self.sio.call(name, data, timeout=PATIENCE)

    def leave(self):
        self.sio.disconnect()
        return self.next('disconnect')


def equal(actual, expected):
    assert actual == expected, f'{actual!r} instead of {expected!r}'


def register(url, username):
    account = {'username': username, 'password': 'correct horse battery'}
    response = requests.post(f'{url}/api/auth/register', json=account, timeout=PATIENCE)
    equal(response.status_code, 201)
    return response.json()['token']


def main(url, transport):
    tokens = {name: register(url, name) for name in ('ann', 'ben')}

    for token, code in ((None, 'token_missing'), ('forged', 'token_invalid'), (tokens['ann'] + 'x', 'token_invalid')):
        stranger = Client(url, transport)
        try:
            stranger.connect(token)
        except socketio.exceptions.ConnectionError:
            pass
        else:
            raise AssertionError(f'connected with the token {token!r}')
        error = stranger.next('connect_error')
        equal((error['message'], error['data']['code']), ('Authentication error', code))
        equal(stranger.count('connect'), 0)
    print('it is told why it may not connect')

    ann, ben = Client(url, transport), Client(url, transport)
    for client, token in ((ann, tokens['ann']), (ben, tokens['ben'])):
        client.connect(token)
        client.next('connect')
        equal(client.next('message_history'), [])
        equal(client.sio.transport(), transport or 'websocket')
    for client in (ann, ben):
        equal(sorted(client.next('online_users', lambda users: len(users) == 2)), ['ann', 'ben'])
    print(f'it connects by {ann.sio.transport()}, and gets the history and who is online')

    for speaker, username in ((ann, 'ann'), (ben, 'ben')):
        speaker.sio.emit('send_message', {'text': TEXT})
        message = ann.next('new_message')
        equal(ben.next('new_message'), message)
        equal((message['username'], message['text']), (username, TEXT))
        datetime.datetime.strptime(message['timestamp'], '%Y-%m-%dT%H:%M:%S.%fZ')
    print('it says and hears messages')

    accepted = ben.ask('send_message', {'text': 'is this on?'})
    equal(accepted, {'ok': True, 'message': ann.next('new_message')})
    refused = ben.ask('send_message', {'text': ' '})
    equal((refused['ok'], refused['code']), (False, 'empty_message'))
    ben.sio.emit('send_message', {'text': ' '})
    refused = ben.next('exception')
    equal((refused['event'], refused['code']), ('send_message', 'empty_message'))
    print('it gets its acknowledgements')

    ann.sio.emit('call_user', {'to': 'ben', 'offer': OFFER})
    equal(ben.next('incoming_call'), {'from': 'ann', 'offer': OFFER})
    ben.sio.emit('call_answer', {'to': 'ann', 'answer': ANSWER})
    equal(ann.next('call_answered'), {'from': 'ben', 'answer': ANSWER})
    for sender, source, receiver, to in ((ann, 'ann', ben, 'ben'), (ben, 'ben', ann, 'ann')):
        sender.sio.emit('ice_candidate', {'to': to, 'candidate': CANDIDATE})
        equal(receiver.next('ice_candidate'), {'from': source, 'candidate': CANDIDATE})
    ben.sio.emit('end_call', {'to': 'ann'})
    equal(ann.next('call_ended')['from'], 'ben')
    print('it calls and is called')

    data = bytes([0, 1, 2, 0x1E, 0xFE, 0xFF])
    equal(ann.ask('call_user', {'to': 'ben', 'offer': {'bytes': data, 'more': [data]}}), {'ok': True})
    equal(ben.next('incoming_call'), {'from': 'ann', 'offer': {'bytes': data, 'more': [data]}})
    ann.sio.emit('end_call', {'to': 'ben'})
    ben.next('call_ended')
    print('it sends and receives bytes')

    for client in (ann, ben):
        for _ in range(3):
            client.next('heartbeat')
        equal(client.ask('nonsense', {})['code'], 'unknown_event')
    print('it stays connected by heartbeats')

    ben.leave()
    ann.next('online_users', lambda users: users == ['ann'])
    message = ann.ask('send_message', {'text': 'without ben'})['message']
    ben.connect(tokens['ben'])
    ben.next('connect')
    equal(ben.next('message_history', lambda messages: len(messages) > 0)[-1], message)
    ann.next('online_users', lambda users: len(users) == 2)
    print('it disconnects, and connects again')

    equal((ann.count('connect'), ann.count('message_history'), ann.count('disconnect')), (1, 1, 0))
    equal((ben.count('connect'), ben.count('message_history'), ben.count('disconnect')), (2, 2, 1))
    ann.leave()
    ben.leave()
    print('it got the history once for each connection')


def fail(exception):
    sys.excepthook(exception.exc_type, exception.exc_value, exception.exc_traceback)
    os._exit(1)


# An exception in any thread ends the process, and so does a hang, with a stack trace.
threading.excepthook = fail
faulthandler.dump_traceback_later(8 * PATIENCE, exit=True)

parser = argparse.ArgumentParser()
parser.add_argument('url')
parser.add_argument('--transport')
main(**vars(parser.parse_args()))
