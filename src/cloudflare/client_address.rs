//! Where a request comes from.

use worker::Request;

use crate::address::Address;

/// The address of the client, as Cloudflare tells it: it removes what clients write into this header themselves.
pub fn client_address(request: &Request) -> Option<Address> {
    Address::parse(&request.headers().get("CF-Connecting-IP").ok().flatten()?)
}
