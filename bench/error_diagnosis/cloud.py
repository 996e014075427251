"""Messages of the clouds' tools and Terraform."""

from bench.error_diagnosis.case import Case

CASES = (
    Case(
        "cloud tools",
        "hard",
        "An engineer who is Owner of a storage account runs\n\n"
        "az storage blob list --account-name lake --container-name raw --auth-mode login\n\n"
        "with the right subscription and from a network that is allowed.",
        """You do not have the required permissions needed to perform this operation.
ErrorCode: AuthorizationPermissionMismatch
This request is not authorized to perform this operation using this permission.""",
        (
            "storage blob data",
            "assign*|role assignment|grant*|give|add",
            (
                "management|control plane|control-plane|data plane|data-plane|does not include|"
                "doesn't include|not include|separate|not cover|no data|not grant|not give"
            ),
        ),
        (
            (
                "owner of the subscription|owner on the subscription|owner at .. subscription|"
                "subscription owner"
            ),
            "--auth-mode key|account key|access key|shared key|storage_account_key",
            "public access|anonymous",
            "firewall",
        ),
        "Owner manages the account (control plane) but gives no access to its data. Assign the engineer "
        "the role Storage Blob Data Reader on the account or container, and wait some minutes.",
        "Data-plane access is a separate role: grant Storage Blob Data Reader (or Contributor for writing).",
        (
            (
                "The role is too low for reading data. Assign Owner on the subscription to the engineer, "
                "which includes the data plane of all its accounts, Storage Blob Data too."
            ),
            (
                "Owner does not include the data plane with a login. Use --auth-mode key and the account "
                "key, which an Owner may read; no Storage Blob Data role has to be given."
            ),
        ),
    ),
    Case(
        "cloud tools",
        "medium",
        "A role has an IAM policy with s3:GetObject on arn:aws:s3:::lake/*. It reads some objects of the "
        "bucket, but not those written since Tuesday, when encryption with a customer managed key was "
        "turned on.",
        """botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject \
operation: Access Denied""",
        (
            "kms|encrypt* .. key|key policy|customer managed key",
            "kms:decrypt",
        ),
        (
            "s3 full access|amazons3fullaccess|administratoraccess|all actions",
            "public|block public access",
            "turn* off .. encryption|disabl* .. encryption|remov* .. encryption|sse-s3 instead",
            "kms:encrypt",
            "bucket policy that allows",
        ),
        "The new objects are encrypted with a KMS key that the role may not use; s3:GetObject alone is not "
        "enough. Allow kms:Decrypt on that key in the role's policy (and in the key policy).",
        "Reading SSE-KMS objects needs the right to use the key. Grant the role kms:Decrypt on the "
        "customer managed key.",
        (
            (
                "The role may not read the objects that are encrypted with the KMS key. Turn off "
                "encryption for the bucket, or copy these objects; kms:Decrypt is for the owners of keys."
            ),
            (
                "The objects written since Tuesday belong to another account, which has not given the "
                "bucket's owner the right to read. Write them with the ACL bucket-owner-full-control."
            ),
        ),
    ),
    Case(
        "cloud tools",
        "medium",
        "An engineer runs terraform apply on a laptop. The pipeline of a colleague has been applying the "
        "same state for two minutes and is still printing progress.",
        """Error: Error acquiring the state lock
Error message: operation error DynamoDB: PutItem, ConditionalCheckFailedException: The conditional \
request failed
Lock Info:
  ID:        0f3b1c52-7a41-2f8e-9a0e-51d1f6a1c9aa
  Operation: OperationTypeApply
  Who:       runner@ci-17""",
        (
            (
                "wait*|after .. finish*|let it finish|until .. finish*|once .. done|until it ends|"
                "until .. done|until .. ends|-lock-timeout|when .. finish*"
            ),
            "pipeline|ci-17|colleague*|runner|other apply|other run|running apply|another apply",
        ),
        (
            "force-unlock",
            "-lock=false|-lock false",
            "delet* .. lock|remov* .. lock|delet* .. item",
            "cancel .. pipeline|kill .. pipeline|stop .. pipeline",
            "terraform init",
        ),
        "The lock is held by the colleague's pipeline (ci-17), which is still applying; the lock does its "
        "work. Wait until that run has ended, then plan again, as the state has changed.",
        "Another apply is running on runner ci-17. Wait for it to finish (for example with "
        "-lock-timeout=10m).",
        (
            (
                "The lock was left by the pipeline's runner ci-17. Run terraform force-unlock with the ID "
                "of the lock, and do not wait, as the two change different things in most cases."
            ),
            (
                "The engineer's account may not write to the table of the locks in DynamoDB, as PutItem "
                "fails. Give it dynamodb:PutItem and DeleteItem, as the pipeline's runner has it."
            ),
        ),
    ),
    Case(
        "cloud tools",
        "hard",
        "The virtual machine of the runner ci-17 was deleted three hours ago during an apply, and no run "
        "has started since; the team made sure that nobody else works on this state. Each plan ends with "
        "this message.",
        """Error: Error acquiring the state lock
Error message: operation error DynamoDB: PutItem, ConditionalCheckFailedException: The conditional \
request failed
Lock Info:
  ID:        7d0c9f11-02be-4b0f-b7c3-2f9d0f6f3c10
  Operation: OperationTypeApply
  Who:       runner@ci-17""",
        (
            (
                "stale|orphan*|left behind|left over|leftover|never released|not released|dead|"
                "could not release|abandoned|nobody will release|cannot release|no longer exists|"
                "never release|did not release|didn't release|without releasing"
            ),
            "force-unlock|force unlock",
        ),
        (
            "-lock=false|-lock false",
            "delet* .. state|remov* .. state|new state|restore .. state",
            "wait until|wait for .. expire|lock-timeout",
            "delet* .. table|recreat* .. table",
            "terraform init -reconfigure",
        ),
        "The dead runner never released its lock, and locks do not expire. As nobody else applies, run "
        "terraform force-unlock 7d0c9f11-02be-4b0f-b7c3-2f9d0f6f3c10, then plan and look for half-made "
        "resources.",
        "It is a stale lock of a machine that no longer exists. Remove it with terraform force-unlock <ID> "
        "and review the next plan closely.",
        (
            (
                "The lock is stale, as its runner is dead. Run terraform plan and apply with -lock=false "
                "from now on; a force-unlock is not possible from another machine than its owner."
            ),
            (
                "The lock still belongs to the apply of the runner ci-17, which nobody should disturb "
                "before it ends. Wait for it to expire, and set -lock-timeout to an hour."
            ),
        ),
    ),
    Case(
        "cloud tools",
        "medium",
        "A bq command line job joins two tables of the dataset shop:analytics, which was created in the "
        "EU. In the console the same query runs. The tool has no default location, and the job names no "
        "table of another dataset.",
        """BigQuery error in query operation: Error processing job 'shop:bqjob_r1': Not found: Dataset \
shop:analytics was not found in location US""",
        (
            "eu|europe",
            "--location|location flag|location option|location=eu|location eu|location .. eu|location to eu",
        ),
        (
            "bq mk|create the dataset|create a dataset|create a new dataset|recreat* .. dataset|new dataset",
            "copy .. dataset|mov* .. dataset|transfer .. dataset",
            "permission*|grant|iam",
            "gcloud config set compute",
        ),
        "The job was sent to US, while the dataset lies in the EU. Give the job the dataset's location: bq "
        "--location=EU query ...",
        "bq ran the query in the US multi-region. Set the location to EU, as a flag or in .bigqueryrc.",
        (
            (
                "The dataset is in the EU and the job in the US. Create a dataset of the same name in US "
                "with bq mk --location=US and copy the tables from the EU."
            ),
            (
                "The account of the command line has no permission on the dataset in the EU, which looks "
                "like a dataset that does not exist. Grant it Data Viewer and --location stays as it is."
            ),
        ),
    ),
)
