"""What the first word of a method's name says about it: the last and weakest source, after overrides.

Discovery ids end in the method's name (``compute.instances.setMetadata``), gRPC names in ``/SetMetadata``. Every first word that Google uses is
listed once; one that is not stops the generator, so that a new one is read by a person first. The HTTP method never makes a read: a word that changes
things does so in a GET too (``beyondcorp...subscriptions.cancel``). It only speaks for names that are a noun (``tasks``, ``card``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+")

#: Prefixes that only say how or as whom; the next word says what.
MODIFIERS = frozenset(
    re.split(
        r"\s+",
        "batch bulk async asynchronous raw server stream streaming bidi direct force internal partial conditional hybrid long quick impersonate "
        "adaptive aggregated custom pre linked daily unary",
    )
)


@dataclass(frozen=True, slots=True)
class Word:
    """One name word's meaning."""

    verb: str
    flags: tuple[str, ...] = ()


def _words(text: str, verb: str, *flags: str) -> dict[str, Word]:
    return {word: Word(verb, flags) for word in text.split()}


#: Names that are a noun: GET reads, DELETE deletes, PUT and PATCH update, POST changes something.
NOUN = "by HTTP method"

WORDS: dict[str, Word] = {
    # Enumerates.
    **_words(
        """aggregate enumerate list listdisbursements listlinks listposdataproviders listqueries listreports listtransactions search tail""",
        "list",
    ),
    # Returns data, or computes something from what it is sent.
    **_words(
        """aggregated analyze annotate answer ask assess assist audit augment authinfo autocomplete batchget calculate card chat check
        classify compare completions compute conversational converse corroborate count decapsulate decode deidentify describe detect
        diagnose diff discover download election embed embeddings encrypt estimate eval evaluate explain extended extract fetch find
        generative geocode get getaccessiblegmbaccounts getbymerchantorderid getexternaltransaction getproductpurchasev2 getquery
        getsupportedcarriers getsupportedholidays getsupportedpickupservices gettestordertemplate getwatchdetails group handle has hash
        health histogram image inference inspect introspect is latest lint listen longrunningrecognize lookup mac match metastore mt
        obtain parse partition ping poll predict prepare preview pull query quote rank read recognize recommend reconcile redact reencrypt
        refine reidentify render renderaccountissues renderproductissues retrieve reverse roll romanize runpagespeed sample sanitize show
        simulate snap sources suggest summarize synthesize targets test tokeninfo translate traverse troubleshoot upscale validate verify
        view voter vread wait watch""",
        "read",
    ),
    # Returns what is secret.
    **_words(
        """access decrypt""",
        "read",
        "credential",
    ),
    # Makes something new.
    **_words(
        """add addexternallyhosted addmessage adopt allocate append assemble backup batchinsert begin book borrow claim claimwebsite clone
        collect compose connect copy create createappstorehostedapp createchargeinvoice createexternaltransaction createquery
        createrefundinvoice createsecondary createtestorder createtestreturn define duplicate enroll entitle escalate export generate
        generatetag generatetags import increment ingest initialize initiate insert instorerefundlineitem issue log make mint mount open
        populate propose provision publish record recover register reopen reply report request requestgmbaccess
        requestinventoryverification requestphoneverification requestreview schedule seed send setup shiplineitems signup snapshot stage
        start store subscribe tag transition trigger unarchive undelete undo unhide untrash upload uploadapk
        uploadappstoreapppolicydeclarationfile uploadbundle uploadimage""",
        "create",
    ),
    # Changes in place.
    **_words(
        """accept acknowledge activate adapt adapter adjust advance advancetestorder allow alter announce appeal apply approve assign attach
        batchupdate bind buffer calendar capacity change checkout clip combine comment commit compact compile complete configure
        configured consume convert credit custombatch defer delta deprecate distribute domain edit enable establish exchange expand extend
        fetchnow finalize finish flush fulfill graduate ignore index inherit install invalidate inventory join label lease lift link lock
        manage mark materialize merge migrate moderate modify modifylinkedofferobjects move mutate mutation mute optimize patch perform
        place played position prewarm process provide push rate reactivate reauthorize reclaim reconfigure recrawl reenable refresh rejoin
        reload rename renew reorder repair replay reprovision rerun reschedule reserve resolve restrict resume retransform retry return
        reveal review sale save seek set setinventoryverificationcontact setlineitemmetadata setomnichannelexperience setposdataprovider
        setupcomplete signal split star submit sync toggle touch track train triage triggeraction tune turn unfreeze unlock unresolve
        unstar update updateappstorehostedapp updateappstorehostedapppublishstatus updatelabels updatelineitemshippingdetails
        updatemerchantorderid updateproposal updateshipment upgrade upsert use verifyphonenumber""",
        "update",
    ),
    # Ends, stops, turns down or moves what serves: whatever relied on it feels it.
    **_words(
        """abandon abort archive block cancel cancellineitem canceltestorderbycustomer changequorum close database deactivate decline demote
        deny detach disable disapprove dismiss end failover hibernate hide leave pause promote reassign rebase reboot redirect refund
        refundexternaltransaction regenerate reject rejectreturnlineitem release relocate reset resize restart retract returnlineitem
        returnrefundlineitem reviewrefund rotate stop suspend switch switchover takeover unapprove unassign unbind unclaim undeploy
        unenroll uninstall unlink unmount unpublish unregister unreserve unset unshare unsubscribe withdraw""",
        "update",
        "disruptive",
    ),
    # Puts something else in the place of what was there.
    **_words(
        """load recreate reimage replace restore revert rewrite rollback write""",
        "update",
        "overwrite",
    ),
    # Removes, or makes unrecoverable.
    **_words(
        """cleanup clear delete deleteall deletequery deprovision destroy discard drop empty evict expire expunge obliterate purge remove
        terminate trash truncate wipe""",
        "delete",
        "destructive",
    ),
    # Uses a key on data that it is sent; which of the uses gives something away is said in the overrides.
    **_words(
        """asymmetric sign""",
        "execute",
    ),
    # Runs something whose effect the wire does not show.
    **_words(
        """adb call debug deploy egress execute inject instantiate invoke launch receive regional run runquery sql stream webhook worker""",
        "execute",
        "opaque",
    ),
    # Changes who may do what.
    **_words(
        """acquire authorize grant revoke share transfer""",
        "grant",
    ),
    # Nouns.
    **_words(
        """certs device public
        a2a accessibility accounts action addons attributes autoscaling benign binary capabilities client concept consent csr data email
        encounter entities false games history instances labels last legacy live locations logging master mcp metadata monitoring ms not
        observation patient point postgrest private resource responses series snippet summary tasks token tools values""",
        NOUN,
    ),
}

#: Names that say removal, and may never be a read.
REMOVAL = frozenset(["delete", "destroy", "purge", "drop", "wipe"])


def words(name: str) -> list[str]:
    """The words of a method's name, lower case: ``setIamPolicy`` is set, iam, policy."""
    return [word.lower() for word in _WORD.findall(name)]


def leading(name: str) -> tuple[str, Word | None]:
    """The first word that says what is done, and its meaning."""
    split = words(name)
    for word in split:
        if word in MODIFIERS and len(split) > 1:
            continue
        return word, WORDS.get(word)
    return split[0], WORDS.get(split[0])


def says_removal(name: str) -> bool:
    """Whether `name` has a word that says removal."""
    return not REMOVAL.isdisjoint(words(name))
