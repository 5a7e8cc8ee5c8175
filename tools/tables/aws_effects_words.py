"""What the first word of an operation name says about it: the last and weakest source, after overrides and IAM access levels.

Every first word that AWS uses is listed once. A word that is not listed stops the generator, so that a new one is read by a person first.
`SOFT` words do things by name, but IAM calls many of their operations Read or List: there IAM is right (``StartQuery``, ``TestMetricFilter``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: Prefixes that only say how or as whom; the next word says what.
MODIFIERS = frozenset({"Batch", "Admin", "Bulk", "Global", "Transact", "Force"})

READ = "read"
LIST = "list"


@dataclass(frozen=True, slots=True)
class Word:
    """One name word's meaning. `soft`: an IAM level of Read or List wins over `verb`."""

    verb: str
    flags: tuple[str, ...] = field(default=())
    soft: bool = False


def _words(text: str, verb: str, *flags: str, soft: bool = False) -> dict[str, Word]:
    return {word: Word(verb, flags, soft) for word in text.split()}


WORDS: dict[str, Word] = {
    # Returns data. IAM's List turns these into `list`; IAM's Write does not turn them into a change (those are overrides).
    **_words("List", LIST),
    **_words(
        """Get Describe Head Search Query Scan Select Count Lookup Is Check Validate Estimate Calculate Preview View Read Detect Contains Classify
        Infer Analyze Compare Recognize Predict Simulate Suggest Translate Synthesize Discover Filter Forecast Render Decode Introspect
        Autocomplete Geocode Snap Phone Carrier Probe Rescore Rerank Sample Domain Converse Chat Agentic Reverse_Geocode Retrieve""",
        READ,
    ),
    # Could be either; IAM's Read or List makes it a read.
    **_words(
        "Verify Evaluate Resolve Poll Optimize Prepare Insight Report Record Provide Acknowledge Notify Meter Checkpoint Receive",
        "update",
        soft=True,
    ),
    **_words("Generate Export Deliver Download Sign Encrypt Decrypt Re Encapsulate Decapsulate Derive Replicate", "create", soft=True),
    **_words("Start Test Prepare Recognize Sample", "execute", soft=True),
    # Makes something new.
    **_words(
        """Create Import Register Copy Clone Allocate Claim Purchase Restore Provision Request Reserve Upload Publish Initiate Issue Open Insert Index
        Subscribe Build Bundle Compose Define Initialize Ingest Schedule Invite Write Post Save Begin Renew Launch Regenerate Convert Deploy
        Populate Reimport Distribute""",
        "create",
    ),
    # Changes in place.
    **_words(
        """Update Put Modify Set Add Tag Associate Attach Enable Change Configure Apply Activate Confirm Complete Resume Merge Upgrade Move Assign
        Manage Increase Extend Commit Connect Join Approve Respond Retry Resend Label Group Rename Rebalance Reorder Index Lock Unarchive
        Undeprecate Enter Exit Sync Synchronize Refresh Reload Signal Continue Skip Monitor Unmonitor Mark Peer Setup Sample Vote Opt Checkout
        Exchange Advertise Allow Override Process Redeem Split Take Amend Channel Resync Finalize Process Redrive Accept Reverse Install Unlabel
        Unlink Dissociate Disassociate Detach Unassign Ungroup Unmark Untag Claim Push Clear Submit_Feedback""",
        "update",
    ),
    # Ends the tie between two things that both stay: whatever relied on it stops working.
    **_words(
        "Disassociate Dissociate Detach Unassign Unlink Unpeer Ungroup Disallow Deny Withdraw Disconnect Dismiss Logout End Leave",
        "update",
        "disruptive",
    ),
    # Stops what runs, moves what serves, turns off what was on.
    **_words(
        """Stop Reboot Restart Failover Switchover Pause Suspend Disable Deactivate Promote Rollback Swap Rotate Shutdown Reject Decline
        Drain Recall Deprecate
        Undeploy Deprovision Decrease Shrink Resize Close Rebuild Migrate Invalidate Flush Unsubscribe Deauthorize""",
        "update",
        "disruptive",
    ),
    # Writes over what was there.
    **_words("Replace Reset", "update", "overwrite", "disruptive"),
    # Removes, or makes unrecoverable.
    **_words(
        """Delete Terminate Purge Deregister Unregister Destroy Remove Release Cancel Abort Expire Erase Dispose Discard Forget Evict
        Redact Return Backtrack
        Archive""",
        "delete",
        "destructive",
    ),
    # Runs something whose effect the wire does not show, or reaches people and devices.
    **_words("Send Submit", "execute"),
    **_words("Invoke Execute Run", "execute", "opaque"),
    # Changes who may do what.
    **_words("Grant Revoke Authorize Retire Share Unshare Transfer Assume Acquire", "grant"),
    # Takes part in a sign-in.
    **_words("Forgot", "update"),
    **_words("Unlock", "update", "protection_off"),
}

#: Words that sound like removal. An operation that has one and is not a `delete` must be excused in the overrides (``excuse`` rows).
REMOVAL_WORDS = frozenset(
    _words(
        """Delete Deletion Terminate Termination Purge Deregister Unregister Destroy Remove Release Cancel Abort Expire Erase Dispose Discard Forget
        Evict Revoke Disassociate Dissociate Detach Reset Drop Wipe Empty Archive Retire Decommission Deprovision Unassign Unlink""",
        "delete",
    )
)
