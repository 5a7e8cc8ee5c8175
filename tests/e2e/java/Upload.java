import com.amazonaws.handlers.RequestHandler2;
import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3ClientBuilder;
import com.amazonaws.services.s3.model.ObjectMetadata;
import com.amazonaws.services.s3.model.PutObjectRequest;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeProvider;

/** Uploads bytes by AWS's SDKs for Java, and prints how each upload was signed. */
public class Upload {
    static byte[] bytes(int length) {
        byte[] made = new byte[length];
        for (int i = 0; i < length; i++) made[i] = (byte) (i * 31 + i / 251);
        return made;
    }

    static void first(String bucket, int length) {
        AmazonS3 client = AmazonS3ClientBuilder.standard().withPayloadSigningEnabled(true).withRequestHandlers(new RequestHandler2() {
            @Override public void afterResponse(com.amazonaws.Request<?> request, com.amazonaws.Response<?> response) {
                System.out.println("java1 " + request.getHeaders().get("x-amz-content-sha256"));
            }
        }).build();
        ObjectMetadata metadata = new ObjectMetadata();
        metadata.setContentLength(length);
        client.putObject(new PutObjectRequest(bucket, "java1-" + length, new ByteArrayInputStream(bytes(length)), metadata));
    }

    static void second(String bucket, int length, boolean signed) {
        S3ClientBuilder builder = S3Client.builder();
        if (signed) builder.authSchemeProvider(parameters -> S3AuthSchemeProvider.defaultProvider().resolveAuthScheme(parameters).stream()
            .map(option -> option.toBuilder().putSignerProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, true).build()).toList());
        S3Client client = builder.overrideConfiguration(c ->
            c.addExecutionInterceptor(new ExecutionInterceptor() {
                @Override public void afterTransmission(Context.AfterTransmission context, ExecutionAttributes attributes) {
                    System.out.println("java2 " + context.httpRequest().firstMatchingHeader("x-amz-content-sha256").orElse("none"));
                }
            })).build();
        client.putObject(r -> r.bucket(bucket).key("java2-" + signed + "-" + length), RequestBody.fromBytes(bytes(length)));
    }

    public static void main(String[] arguments) {
        String bucket = arguments[0];
        for (int length : new int[] {10, 300_000}) {
            first(bucket, length);
            second(bucket, length, false);
            second(bucket, length, true);
        }
    }
}
