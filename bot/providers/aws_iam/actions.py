"""Why an action of AWS concerns us, as a sentence each, after the key that asked for it leaked.

Sources: aws-samples/aws-customer-playbook-framework (Compromised_IAM_Credentials, Bedrock_Response,
Responding_to_SES_Events), aws-samples/aws-incident-response-playbooks (IRP-CredCompromise), DataDog/stratus-red-team
(docs/attack-techniques/AWS). The order of concerns is a judgement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from bot.model.uses import Concern, Undo

SESSIONS = frozenset({"sts:AssumeRole", "sts:GetSessionToken", "sts:GetFederationToken"})
"""Actions whose answer is a session with a key of its own, which may outlive the leaked one."""
GIVES: Mapping[str, str] = {
    "iam:AttachUserPolicy": "User",
    "iam:AddUserToGroup": "User",
    "iam:AttachRolePolicy": "Role",
    "iam:AttachGroupPolicy": "Group",
}
"""Actions that give a user, role or group what shows in its rights, with the kind of its owner."""
PROBE = "sts:GetCallerIdentity"

_PERSISTENCE = {
    "iam:CreateAccessKey": "Makes another access key.",
    "iam:CreateUser": "Makes a user.",
    "iam:CreateLoginProfile": "Gives a user a password for the console.",
    "iam:UpdateLoginProfile": "Changes a user's password for the console.",
    "iam:AttachUserPolicy": "Gives a user more rights.",
    "iam:PutUserPolicy": "Gives a user more rights.",
    "iam:AttachGroupPolicy": "Gives a group more rights.",
    "iam:PutGroupPolicy": "Gives a group more rights.",
    "iam:AddUserToGroup": "Gives a user the rights of a group.",
    "iam:AttachRolePolicy": "Gives a role more rights.",
    "iam:PutRolePolicy": "Gives a role more rights.",
    "iam:CreateRole": "Makes a role.",
    "iam:UpdateAssumeRolePolicy": "Changes who may use a role.",
    "iam:CreatePolicyVersion": "Changes what a policy allows.",
    "iam:SetDefaultPolicyVersion": "Changes what a policy allows.",
    "iam:DeleteUserPermissionsBoundary": "Removes the limit of a user's rights.",
    "iam:CreateSAMLProvider": "Lets people of another sign-in system in.",
    "iam:UpdateSAMLProvider": "Lets people of another sign-in system in.",
    "iam:CreateOpenIDConnectProvider": "Lets people of another sign-in system in.",
    "iam:CreateServiceSpecificCredential": "Makes a key for one service, such as Bedrock.",
    "iam:UploadSSHPublicKey": "Adds an SSH key to a user.",
    "iam:DeactivateMFADevice": "Turns a second factor off.",
    "sts:GetFederationToken": "Opens a session that outlives the key.",
    "sts:GetSessionToken": "Opens a session with a key of its own.",
    "sts:AssumeRole": "Opens a session with the rights of a role.",
    "signin:ConsoleLogin": "Signs in to the console.",
    "lambda:AddPermission": "Lets others call a function.",
    "lambda:UpdateFunctionCode": "Replaces the code of a function.",
    "lambda:UpdateFunctionConfiguration": "Changes a function, such as its layers.",
    "lambda:CreateFunction": "Makes a function, which runs with a role's rights.",
    "rolesanywhere:CreateTrustAnchor": "Lets holders of a certificate use roles.",
    "ec2:AuthorizeSecurityGroupIngress": "Opens a network to others.",
    "ec2:ModifyInstanceAttribute": "Changes what a machine runs when it starts.",
    "ssm:SendCommand": "Runs commands on machines.",
    "ssm:StartSession": "Opens a shell on a machine.",
    "ec2-instance-connect:SendSSHPublicKey": "Opens a machine to an SSH key.",
    "ec2-instance-connect:SendSerialConsoleSSHPublicKey": "Opens a machine to an SSH key.",
    "ec2:EnableSerialConsoleAccess": "Opens the serial consoles of machines.",
    "rolesanywhere:CreateProfile": "Says which roles holders of a certificate can use.",
    "sagemaker:UpdateNotebookInstanceLifecycleConfig": "Changes what a notebook runs when it starts.",
}  # fmt: skip
_BLINDNESS = {
    "cloudtrail:StopLogging": "Stops the record of what happens in the account.",
    "cloudtrail:DeleteTrail": "Deletes the record of what happens in the account.",
    "cloudtrail:UpdateTrail": "Changes what is recorded in the account.",
    "cloudtrail:PutEventSelectors": "Changes what is recorded in the account.",
    "guardduty:DeleteDetector": "Turns threat detection off.",
    "guardduty:UpdateDetector": "Changes threat detection.",
    "organizations:LeaveOrganization": "Takes the account out of the organization's rules.",
    "ec2:DeleteFlowLogs": "Stops the record of network traffic.",
    "route53resolver:DeleteResolverQueryLogConfig": "Stops the record of names that were looked up.",
    "s3:PutBucketLifecycle": "May delete the files of a bucket, such as logs, after a while.",
}
_THEFT = {
    "secretsmanager:GetSecretValue": "Reads a secret.",
    "secretsmanager:BatchGetSecretValue": "Reads several secrets.",
    "ssm:GetParameter": "Reads a parameter, which may be a secret.",
    "ssm:GetParameters": "Reads parameters, which may be secrets.",
    "ssm:GetParametersByPath": "Reads parameters, which may be secrets.",
    "ssm:GetParameterHistory": "Reads earlier values of a parameter.",
    "lambda:GetFunction": "Reads a function's code and environment.",
    "ec2:ModifySnapshotAttribute": "Shares the copy of a disk with others.",
    "ec2:SharedSnapshotCopyInitiated": "Another account copies a disk.",
    "ec2:ModifyImageAttribute": "Shares the image of a machine with others.",
    "ec2:GetPasswordData": "Reads the password of a machine.",
    "ec2:DescribeInstanceAttribute": "Reads what a machine runs when it starts, which may hold secrets.",
    "rds:ModifyDBSnapshotAttribute": "Shares the copy of a database with others.",
    "rds:CreateDBSnapshot": "Copies a database.",
    "s3:PutBucketPolicy": "Changes who may read a bucket.",
    "s3:PutBucketAcl": "Changes who may read a bucket.",
    "s3:PutBucketReplication": "Copies a bucket to another place.",
}
_ABUSE = {
    "ec2:RunInstances": "Starts machines, at your cost.",
    "ec2:RequestSpotInstances": "Starts machines, at your cost.",
    "ses:GetSendQuota": "Asks how much mail the account may send.",
    "ses:ListIdentities": "Asks in whose name the account may send mail.",
    "ses:GetAccountSendingEnabled": "Asks whether the account may send mail.",
    "ses:VerifyEmailIdentity": "Prepares to send mail in another name.",
    "ses:PutAccountDetails": "Asks for leave to send more mail.",
    "bedrock:InvokeModel": "Uses an AI model, at your cost.",
    "bedrock:InvokeModelWithResponseStream": "Uses an AI model, at your cost.",
    "bedrock:Converse": "Uses an AI model, at your cost.",
    "bedrock:PutFoundationModelEntitlement": "Asks for access to an AI model.",
    "bedrock:CreateFoundationModelAgreement": "Asks for access to an AI model.",
    "bedrock:PutUseCaseForModelAccess": "Asks for access to an AI model.",
    "sns:Publish": "Sends messages, at your cost.",
    "servicequotas:RequestServiceQuotaIncrease": "Asks for a higher limit.",
    "kms:ScheduleKeyDeletion": "Will make encrypted data unreadable.",
    "s3:DeleteBucket": "Deletes a bucket.",
    "rds:DeleteDBInstance": "Deletes a database.",
    "ec2:TerminateInstances": "Deletes machines.",
    "ec2:DeregisterImage": "Deletes the image of a machine.",
}
_RECON = {
    PROBE: "Asks whose key it is.",
    "iam:GetAccountAuthorizationDetails": "Lists all rights in the account.",
    "iam:ListUsers": "Lists users.",
    "iam:ListRoles": "Lists roles.",
    "iam:ListAttachedUserPolicies": "Asks what a user may do.",
    "iam:ListUserPolicies": "Asks what a user may do.",
    "iam:SimulatePrincipalPolicy": "Asks what a user may do.",
    "secretsmanager:ListSecrets": "Lists secrets.",
    "ssm:DescribeParameters": "Lists parameters.",
    "s3:ListBuckets": "Lists buckets.",
    "ec2:DescribeInstances": "Lists machines.",
    "ec2:DescribeRegions": "Lists regions.",
    "bedrock:ListFoundationModels": "Lists AI models.",
}
RULES: Mapping[str, tuple[Concern, str]] = {
    action: (concern, why)
    for concern, actions in (
        (Concern.PERSISTENCE, _PERSISTENCE),
        (Concern.BLINDNESS, _BLINDNESS),
        (Concern.THEFT, _THEFT),
        (Concern.ABUSE, _ABUSE),
        (Concern.RECON, _RECON),
    )
    for action, why in actions.items()
}
"""By the action, as `bot.model.uses.Use` names it."""
_CONSOLE = "https://console.aws.amazon.com"
_UNDONE: Mapping[Undo, tuple[str, ...]] = {
    Undo(f"Delete the user: {_CONSOLE}/iam/home#/users.", "users"): ("iam:CreateUser",),
    Undo(f"Delete the key, under the user's “Security credentials”: {_CONSOLE}/iam/home#/users.", "access-keys"): (
        "iam:CreateAccessKey",
    ),
    Undo(f"Delete the role: {_CONSOLE}/iam/home#/roles.", "roles"): ("iam:CreateRole",),
    Undo(f"Put the user back as it was: {_CONSOLE}/iam/home#/users."): (
        "iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:AttachUserPolicy", "iam:PutUserPolicy",
        "iam:AddUserToGroup", "iam:DeleteUserPermissionsBoundary", "iam:CreateServiceSpecificCredential",
        "iam:UploadSSHPublicKey", "iam:DeactivateMFADevice", "signin:ConsoleLogin",
    ),
    Undo(f"Put the group back as it was: {_CONSOLE}/iam/home#/groups."): (
        "iam:AttachGroupPolicy", "iam:PutGroupPolicy",
    ),
    Undo(f"Put the role back as it was: {_CONSOLE}/iam/home#/roles."): (
        "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy",
    ),
    Undo(f"Set the earlier version as default: {_CONSOLE}/iam/home#/policies."): (
        "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion",
    ),
    Undo(f"Remove the identity provider, or put it back as it was: {_CONSOLE}/iam/home#/identity_providers."): (
        "iam:CreateSAMLProvider", "iam:UpdateSAMLProvider", "iam:CreateOpenIDConnectProvider",
    ),
    Undo(f"Once the key is revoked, two people end the role's sessions: {_CONSOLE}/iam/home#/roles.", of_role=True): (
        "sts:AssumeRole",
    ),
    Undo(f"The bot denies them by a policy of the user when it revokes the key: {_CONSOLE}/iam/home#/users."): (
        "sts:GetFederationToken", "sts:GetSessionToken"),
    Undo(f"Put the function back as it was, or delete it: {_CONSOLE}/lambda/home#/functions."): (
        "lambda:AddPermission", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
        "lambda:CreateFunction",
    ),
    Undo(f"Delete the trust anchor and the profile: {_CONSOLE}/rolesanywhere/home."): (
        "rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile",
    ),
    Undo(f"Close the network, and replace the machine: {_CONSOLE}/ec2/home."): (
        "ec2:AuthorizeSecurityGroupIngress", "ec2:ModifyInstanceAttribute", "ec2:EnableSerialConsoleAccess",
        "ec2-instance-connect:SendSSHPublicKey", "ec2-instance-connect:SendSerialConsoleSSHPublicKey",
    ),
    Undo(f"End the session, and replace the machine: {_CONSOLE}/systems-manager/home."): (
        "ssm:SendCommand", "ssm:StartSession",
    ),
    Undo(f"Put the lifecycle configuration back as it was: {_CONSOLE}/sagemaker/home."): (
        "sagemaker:UpdateNotebookInstanceLifecycleConfig",
    ),
    Undo(f"Turn the record on again: {_CONSOLE}/cloudtrailv2/home."): (
        "cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors",
    ),
    Undo(f"Turn threat detection on again: {_CONSOLE}/guardduty/home."): (
        "guardduty:DeleteDetector", "guardduty:UpdateDetector",
    ),
    Undo(f"Turn the record of the network on again: {_CONSOLE}/vpc/home."): (
        "ec2:DeleteFlowLogs", "route53resolver:DeleteResolverQueryLogConfig",
    ),
    Undo(f"Have the organization's owner invite the account again: {_CONSOLE}/organizations."): (
        "organizations:LeaveOrganization",
    ),
    Undo(f"Put the bucket back as it was: {_CONSOLE}/s3/home."): (
        "s3:PutBucketLifecycle", "s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketReplication",
    ),
    Undo(f"Stop sharing it: {_CONSOLE}/ec2/home."): ("ec2:ModifySnapshotAttribute", "ec2:ModifyImageAttribute"),
    Undo(f"Stop sharing the copy, or delete it: {_CONSOLE}/rds/home."): (
        "rds:ModifyDBSnapshotAttribute", "rds:CreateDBSnapshot",
    ),
    Undo(f"End the machines: {_CONSOLE}/ec2/home."): ("ec2:RunInstances", "ec2:RequestSpotInstances"),
    Undo(f"Remove the sender: {_CONSOLE}/ses/home."): ("ses:VerifyEmailIdentity",),
    Undo(f"Withdraw the request: {_CONSOLE}/support/home."): (
        "ses:PutAccountDetails", "servicequotas:RequestServiceQuotaIncrease", "bedrock:PutFoundationModelEntitlement",
        "bedrock:CreateFoundationModelAgreement", "bedrock:PutUseCaseForModelAccess",
    ),
    Undo(f"Cancel the deletion of the key: {_CONSOLE}/kms/home."): ("kms:ScheduleKeyDeletion",),
}  # fmt: skip
UNDO: Mapping[str, Undo] = {action: undo for undo, actions in _UNDONE.items() for action in actions}
"""How people undo what an action made, by the action: all that `RULES` calls persistence, and what else goes on."""
FOREIGN = Undo("The role is another account's: ask its owner to revoke the active sessions of the role.")


def by_hand(role: str, policy: str, until: datetime | None) -> str:
    """What a person does where the bot may not. Source: IAM user guide, "Revoking IAM role temporary credentials"."""
    where = f"{_CONSOLE}/iam/home#/roles/details/{role}"
    if until is None:
        return f"By hand: delete inline policy {policy} at {where}"
    return f"By hand: at {where} choose “Revoke sessions”, then change a setting of each function with this role"


_DATED = re.compile(r"[0-9]{8}(v[0-9])?$")


def rule(action: str) -> tuple[Concern, str]:
    """Why an action concerns us; `NONE` and no words for any other."""
    return RULES.get(undated(action), (Concern.NONE, ""))


def undated(action: str) -> str:
    """Lambda's actions are recorded with the date of their version: ``lambda:AddPermission20150331v2``."""
    return _DATED.sub("", action)
