SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.commune (
    org character varying(40) NOT NULL,
    seq integer NOT NULL,
    digest character varying(64) NOT NULL,
    incarnation character varying(16) NOT NULL,
    dseq integer NOT NULL,
    head character varying(64) NOT NULL
);
CREATE TABLE public.device (
    id character varying(40) NOT NULL,
    commune character varying(40) NOT NULL,
    counter integer NOT NULL,
    public_key character varying(64) NOT NULL,
    key_id character varying(8) NOT NULL,
    enrolled_at character varying(40) NOT NULL,
    revoked_at character varying(40),
    last_sync_at character varying(40)
);
CREATE TABLE public.dossier (
    commune character varying(40) NOT NULL,
    id character varying(40) NOT NULL,
    code character varying(40) NOT NULL,
    status character varying(24) NOT NULL,
    holder_side character varying(8) NOT NULL,
    received_at character varying(40) NOT NULL,
    judged_due_at character varying(40) NOT NULL,
    voided boolean NOT NULL,
    words text NOT NULL
);
CREATE TABLE public.enrol_code (
    commune character varying(40) NOT NULL,
    counter integer NOT NULL,
    code_hash character varying(64) NOT NULL,
    expires_at character varying(40) NOT NULL,
    tries integer NOT NULL
);
CREATE TABLE public.event (
    commune character varying(40) NOT NULL,
    cseq integer NOT NULL,
    device character varying(40) NOT NULL,
    incarnation character varying(16) NOT NULL,
    dseq integer NOT NULL,
    event_id character varying(40) NOT NULL,
    type character varying(60) NOT NULL,
    version integer NOT NULL,
    subject character varying(60) NOT NULL,
    occurred_at character varying(40) NOT NULL,
    clock character varying(80) NOT NULL,
    actor_id character varying(60) NOT NULL,
    actor_name text NOT NULL,
    payload text NOT NULL,
    payload_hash character varying(64) NOT NULL,
    prev_hash character varying(64) NOT NULL,
    hash character varying(64) NOT NULL
);
CREATE TABLE public.meta (
    name character varying(40) NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.notice_number (
    commune character varying(40) NOT NULL,
    kind character varying(20) NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL
);
CREATE TABLE public.quarantine (
    commune character varying(40) NOT NULL,
    device character varying(40) NOT NULL,
    incarnation character varying(16) NOT NULL,
    dseq integer NOT NULL,
    event_id character varying(40) NOT NULL,
    subject character varying(60) NOT NULL,
    dossier_code character varying(40) NOT NULL,
    code character varying(40) NOT NULL,
    message text NOT NULL,
    raw text NOT NULL
);
CREATE TABLE public.spent_challenge (
    challenge character varying(120) NOT NULL,
    expires_at integer NOT NULL
);
CREATE TABLE public.stream (
    device character varying(40) NOT NULL,
    incarnation character varying(16) NOT NULL,
    high integer NOT NULL,
    head character varying(64) NOT NULL
);
INSERT INTO public.commune VALUES ('H50.99.01', 7, '45475336bcdb47a0fb3ae55cdb2984d68ee7c7d9642cb9885502fee7349548d3', '2b2a63ed9ebcba53', 0, '0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO public.commune VALUES ('H50.99.02', 0, '0000000000000000000000000000000000000000000000000000000000000000', '21368a97d42e5dbc', 0, '0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO public.device VALUES ('c-19246b4d4a41dcc51b9129bc3f40ccb5', 'H50.99.01', 1, 'qANt/07XjRN6xq+Zw2NrjVsJ29Rphesk+3g3j2UkPsY=', '19246b4d', '2026-11-27T15:45:40+00:00', NULL, '2026-11-27T15:45:41+00:00');
INSERT INTO public.device VALUES ('c-459bee0913c0d16f5eab3d70dc68ed11', 'H50.99.01', 2, '/8imEGfMGQxTgB27o/jLTZvX7nT20TlRk3JnV7Y6GEg=', '459bee09', '2026-11-27T15:45:40+00:00', '2026-11-27T15:45:41+00:00', '2026-11-27T15:45:41+00:00');
INSERT INTO public.dossier VALUES ('H50.99.01', '01a1f6c4-9200-7ab6-8c57-76c06963fc30', 'H50.99.01-261120-1001', 'accepted', 'commune', '2026-11-20T09:24+07:00', '2026-11-26T17:00+07:00', false, ' h50 99 01 261120 1001 ho thi nguyet 045190001234 0912000345 cap giay xac nhan tinh trang hon nhan');
INSERT INTO public.dossier VALUES ('H50.99.01', '01a1f6c4-9200-7c43-88fb-cb831db5297b', 'H50.99.01-261120-1002', 'in_process', 'upper', '2026-11-20T09:24+07:00', '2026-11-26T17:00+07:00', false, ' h50 99 01 261120 1002 le van dat 045190001234 0912000345 cap giay xac nhan tinh trang hon nhan');
INSERT INTO public.enrol_code VALUES ('H50.99.02', 1, '26b2a93e1feee6a6ccc8eccfc6f6886b5a4fffdc05a2dc3397891beab19f69da', '2026-11-27T16:00:41+00:00', 0);
INSERT INTO public.event VALUES ('H50.99.01', 1, 'c-19246b4d4a41dcc51b9129bc3f40ccb5', 'd71cc54741f16252', 1, '01a21dae-fde6-702f-8a7a-467b5c29bf0b', 'store.created', 1, 'c-19246b4d4a41dcc51b9129bc3f40ccb5', '2026-11-27T22:45:37+07:00', 'ok 78c1ade2 459.790', 'system', 'Chương trình', '{"app_version":"0.1.0","counter_no":1,"office":"# Cơ quan mẫu để dùng thử: mã đơn vị, địa chỉ, điện thoại đều không có thật.\n[office]\norg_code = \"H50.99.01\"\nname = \"Bộ phận Một cửa xã Khe Sanh (mẫu)\"\nupper_name = \"Máy chủ huyện Hướng Hóa (mẫu)\"\naddress = \"Số 1 đường Mẫu, xã Khe Sanh, tỉnh Quảng Trị\"\nphone = \"0233 000 000\"\ncomplaint_phone = \"0233 000 111\"\nletterhead = [\"UBND XÃ KHE SANH (MẪU)\", \"BỘ PHẬN TIẾP NHẬN VÀ TRẢ KẾT QUẢ\"]\nplace = \"Khe Sanh\"\ntime_zone = \"Asia/Ho_Chi_Minh\"\nform_set = \"FS-2018\"\nlookup_host = \"\"\ndue_rule = \"close_of_office\"\nsame_day_cutoff = \"15:00\"\n# true: đúng 15:00 đã là muộn; false: 15:00 còn kịp, 15:01 mới là muộn.\ncutoff_inclusive = true\nsync_every_minutes = 15\nsync_outside_hours = true\nvillages = [\n    \"Khối 1, Khe Sanh, Quảng Trị\",\n    \"Khối 2, Khe Sanh, Quảng Trị\",\n    \"Khối 3A, Khe Sanh, Quảng Trị\",\n    \"Khối 3B, Khe Sanh, Quảng Trị\",\n    \"Khối 4, Khe Sanh, Quảng Trị\",\n    \"Khối 5, Khe Sanh, Quảng Trị\",\n    \"Thôn Ta Đủ, Tân Hợp, Quảng Trị\",\n    \"Thôn Lương Lễ, Tân Hợp, Quảng Trị\",\n    \"Thôn Hòa Thành, Tân Hợp, Quảng Trị\",\n    \"Thôn Húc Thượng, Húc, Quảng Trị\",\n    \"Thôn Húc Ván, Húc, Quảng Trị\",\n    \"Thôn Tân Linh, Hướng Tân, Quảng Trị\",\n    \"Thôn Ruộng, Hướng Tân, Quảng Trị\",\n    \"Thôn Trằm, Hướng Tân, Quảng Trị\",\n]\n\n# Mùa hè. Dòng đầu tiên hợp với ngày và thứ là dòng có hiệu lực.\n[[hours]]\nfrom = \"04-01\"\nto = \"09-30\"\ndays = \"mon-fri\"\nshifts = [[\"07:30\", \"11:30\"], [\"13:30\", \"17:30\"]]\n\n# Mùa đông.\n[[hours]]\nfrom = \"10-01\"\nto = \"03-31\"\ndays = \"mon-fri\"\nshifts = [[\"07:30\", \"11:30\"], [\"13:00\", \"17:00\"]]\n","office_version":"197da7e6c710","org_code":"H50.99.01","public_key":"qANt/07XjRN6xq+Zw2NrjVsJ29Rphesk+3g3j2UkPsY=","salt":"0f765b502544ccd0"}', '4e8c6e8667c118e3e96fb5aaa9afa3c2fc56654e7add1bf60e49ae8492681290', '0000000000000000000000000000000000000000000000000000000000000000', '973d2e868d7eb2cd68027bdfa529dead67050d8fcb8c82fead695a549016c845');
INSERT INTO public.event VALUES ('H50.99.01', 2, 'c-19246b4d4a41dcc51b9129bc3f40ccb5', 'd71cc54741f16252', 2, '01a21dae-ff2b-795a-8018-87d0d3239db9', 'officer.added', 1, '01a21dae-ff2b-7a92-b02a-2fa23bafb0e5', '2026-11-27T22:45:37+07:00', 'ok 78c1ade2 459.946', 'system', 'Chương trình', '{"name":"Hồ Thị Mai","officer_id":"01a21dae-ff2b-7a92-b02a-2fa23bafb0e5","roles":["admin"],"salt":"1507731c0e1168bc","title":""}', 'e537c2b0f6035e371d171cd8443f98548c9b99e34ba5457c3a29bb687b710343', '973d2e868d7eb2cd68027bdfa529dead67050d8fcb8c82fead695a549016c845', '150d3a7b073abaeb0dd597e009dd7726081c6f5df44540bc895bf75764468259');
INSERT INTO public.event VALUES ('H50.99.01', 3, 'c-19246b4d4a41dcc51b9129bc3f40ccb5', 'd71cc54741f16252', 3, '01a1f6c4-9200-7ab6-8c57-76c06963fc30', 'dossier.accepted', 1, '01a1f6c4-9200-7ab6-8c57-76c06963fc30', '2026-11-20T09:24:00+07:00', 'back 78c1ade2 463.230', '01a21dae-ff2b-7a92-b02a-2fa23bafb0e5', 'Hồ Thị Mai', '{"alias":null,"code":"H50.99.01-261120-1001","counter_no":1,"due":{"amount":3,"calendar_version":"ed2e00cda707","counted_from":"2026-11-20T09:24:00+07:00","days":["2026-11-23","2026-11-25","2026-11-26"],"due_at":"2026-11-26T17:00:00+07:00","hours_version":"197da7e6c710","provisional":false,"unit":"working_day","why":"3 ngày làm việc, không tính ngày nhận. Bỏ qua Thứ Bảy, Chủ nhật và Thứ Ba 24/11 (Ngày Văn hóa Việt Nam)."},"due_override":null,"facts":{"applicant":{"address":"Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị","also_known_as":null,"born_on":"1990-03-05","email":null,"kind":"person","name":"HỒ THỊ NGUYỆT","other_document":null,"personal_number":"045190001234","phone":"0912000345","sex":"female","tax_code":null},"components":[{"certified":0,"copies":0,"id":"g1","name":"Tờ khai cấp Giấy xác nhận tình trạng hôn nhân","originals":1,"present":false},{"certified":0,"copies":0,"id":"g2","name":"Giấy tờ tùy thân (xuất trình)","originals":0,"present":true}],"fees":[],"note":"","pages":[],"procedure":{"case_id":"ket-hon-lan-dau","case_name":"Kết hôn lần đầu","code":"1.004873","field_code":"ho-tich","field_name":"Hộ tịch","name":"Cấp Giấy xác nhận tình trạng hôn nhân","payment_policy":"resume","result":"Giấy xác nhận tình trạng hôn nhân","supplement_policy":"restart","unit":"Tư pháp - Hộ tịch","version":"2026-01"},"representative":null,"return_method":"counter","sets":1},"form_set":"FS-2018","identity_source":"typed","office_version":"197da7e6c710","origin":"counter","receipt":{"key_id":"19246b4d","no":1,"signature":"eHGPqNgovZj2G+uW7HOtxI5qBMJgKFJwMBw7LsHLBrVP9Kj6XzbDQXsEVfE/Pf9eHx/9FUGD0qFT0WyBiCXMBg=="},"received_at":"2026-11-20T09:24:00+07:00","salt":"4cab11e6fccd13f1","slip":true,"visit_id":null,"warnings":["clock_doubtful"]}', '34f9415046c071e2769f3add49004ea0ee7cd5c54d2e4cd3dbc26e9b0e502f61', '150d3a7b073abaeb0dd597e009dd7726081c6f5df44540bc895bf75764468259', '6d71667e84558eaf87eda5f6649052b13e95fed4046a64cb8703b62b5f82d74d');
INSERT INTO public.event VALUES ('H50.99.01', 4, 'c-19246b4d4a41dcc51b9129bc3f40ccb5', 'd71cc54741f16252', 4, '01a1f6c4-9200-7c43-88fb-cb831db5297b', 'dossier.accepted', 1, '01a1f6c4-9200-7c43-88fb-cb831db5297b', '2026-11-20T09:24:00+07:00', 'ok 78c1ade2 463.239', '01a21dae-ff2b-7a92-b02a-2fa23bafb0e5', 'Hồ Thị Mai', '{"alias":null,"code":"H50.99.01-261120-1002","counter_no":1,"due":{"amount":3,"calendar_version":"ed2e00cda707","counted_from":"2026-11-20T09:24:00+07:00","days":["2026-11-23","2026-11-25","2026-11-26"],"due_at":"2026-11-26T17:00:00+07:00","hours_version":"197da7e6c710","provisional":false,"unit":"working_day","why":"3 ngày làm việc, không tính ngày nhận. Bỏ qua Thứ Bảy, Chủ nhật và Thứ Ba 24/11 (Ngày Văn hóa Việt Nam)."},"due_override":null,"facts":{"applicant":{"address":"Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị","also_known_as":null,"born_on":"1990-03-05","email":null,"kind":"person","name":"LÊ VĂN ĐẠT","other_document":null,"personal_number":"045190001234","phone":"0912000345","sex":"female","tax_code":null},"components":[{"certified":0,"copies":0,"id":"g1","name":"Tờ khai cấp Giấy xác nhận tình trạng hôn nhân","originals":1,"present":false},{"certified":0,"copies":0,"id":"g2","name":"Giấy tờ tùy thân (xuất trình)","originals":0,"present":true}],"fees":[],"note":"","pages":[],"procedure":{"case_id":"ket-hon-lan-dau","case_name":"Kết hôn lần đầu","code":"1.004873","field_code":"ho-tich","field_name":"Hộ tịch","name":"Cấp Giấy xác nhận tình trạng hôn nhân","payment_policy":"resume","result":"Giấy xác nhận tình trạng hôn nhân","supplement_policy":"restart","unit":"Tư pháp - Hộ tịch","version":"2026-01"},"representative":null,"return_method":"counter","sets":1},"form_set":"FS-2018","identity_source":"typed","office_version":"197da7e6c710","origin":"counter","receipt":{"key_id":"19246b4d","no":1,"signature":"hQ4wop9q/H/lac9L6hQF/rjoyhKBrQfujbQijV1y0UqL24rixNOIVEII2IayHsIkiLxYEybBWgF2y+O5ctHjAQ=="},"received_at":"2026-11-20T09:24:00+07:00","salt":"af929d519dfa24ce","slip":true,"visit_id":null,"warnings":["duplicate"]}', 'b98e9a06344850851a2ae3123ecc3dbbbdf29ff127183b5a7a36818156fd13b3', '6d71667e84558eaf87eda5f6649052b13e95fed4046a64cb8703b62b5f82d74d', '54447b50b44e87229adec1ea55b96bc5ccc83c701ab312566c4b9ce7a4558c34');
INSERT INTO public.event VALUES ('H50.99.01', 5, 'c-459bee0913c0d16f5eab3d70dc68ed11', '0df653d165b486f2', 1, '01a21daf-018b-7ff7-8c56-7e4c9bd9f7ad', 'store.created', 1, 'c-459bee0913c0d16f5eab3d70dc68ed11', '2026-11-27T22:45:38+07:00', 'ok 78c1ade2 460.585', 'system', 'Chương trình', '{"app_version":"0.1.0","counter_no":2,"office":"# Cơ quan mẫu để dùng thử: mã đơn vị, địa chỉ, điện thoại đều không có thật.\n[office]\norg_code = \"H50.99.01\"\nname = \"Bộ phận Một cửa xã Khe Sanh (mẫu)\"\nupper_name = \"Máy chủ huyện Hướng Hóa (mẫu)\"\naddress = \"Số 1 đường Mẫu, xã Khe Sanh, tỉnh Quảng Trị\"\nphone = \"0233 000 000\"\ncomplaint_phone = \"0233 000 111\"\nletterhead = [\"UBND XÃ KHE SANH (MẪU)\", \"BỘ PHẬN TIẾP NHẬN VÀ TRẢ KẾT QUẢ\"]\nplace = \"Khe Sanh\"\ntime_zone = \"Asia/Ho_Chi_Minh\"\nform_set = \"FS-2018\"\nlookup_host = \"\"\ndue_rule = \"close_of_office\"\nsame_day_cutoff = \"15:00\"\n# true: đúng 15:00 đã là muộn; false: 15:00 còn kịp, 15:01 mới là muộn.\ncutoff_inclusive = true\nsync_every_minutes = 15\nsync_outside_hours = true\nvillages = [\n    \"Khối 1, Khe Sanh, Quảng Trị\",\n    \"Khối 2, Khe Sanh, Quảng Trị\",\n    \"Khối 3A, Khe Sanh, Quảng Trị\",\n    \"Khối 3B, Khe Sanh, Quảng Trị\",\n    \"Khối 4, Khe Sanh, Quảng Trị\",\n    \"Khối 5, Khe Sanh, Quảng Trị\",\n    \"Thôn Ta Đủ, Tân Hợp, Quảng Trị\",\n    \"Thôn Lương Lễ, Tân Hợp, Quảng Trị\",\n    \"Thôn Hòa Thành, Tân Hợp, Quảng Trị\",\n    \"Thôn Húc Thượng, Húc, Quảng Trị\",\n    \"Thôn Húc Ván, Húc, Quảng Trị\",\n    \"Thôn Tân Linh, Hướng Tân, Quảng Trị\",\n    \"Thôn Ruộng, Hướng Tân, Quảng Trị\",\n    \"Thôn Trằm, Hướng Tân, Quảng Trị\",\n]\n\n# Mùa hè. Dòng đầu tiên hợp với ngày và thứ là dòng có hiệu lực.\n[[hours]]\nfrom = \"04-01\"\nto = \"09-30\"\ndays = \"mon-fri\"\nshifts = [[\"07:30\", \"11:30\"], [\"13:30\", \"17:30\"]]\n\n# Mùa đông.\n[[hours]]\nfrom = \"10-01\"\nto = \"03-31\"\ndays = \"mon-fri\"\nshifts = [[\"07:30\", \"11:30\"], [\"13:00\", \"17:00\"]]\n","office_version":"197da7e6c710","org_code":"H50.99.01","public_key":"/8imEGfMGQxTgB27o/jLTZvX7nT20TlRk3JnV7Y6GEg=","salt":"b6bd66fa8d186e9b"}', '5210f31f5cdca3a34b095ea61831d813ea2707b5af3fcfe6df375950a8b35c2e', '0000000000000000000000000000000000000000000000000000000000000000', '38375dea2ff80e641e523ab8c5ee411ce92056e5ed22cb57ac128bdcbf90f631');
INSERT INTO public.event VALUES ('H50.99.01', 6, 'c-459bee0913c0d16f5eab3d70dc68ed11', '0df653d165b486f2', 2, '01a21daf-0240-7472-8f3f-84431e630070', 'officer.added', 1, '01a21daf-0240-7bfa-9760-3b94482bb25b', '2026-11-27T22:45:38+07:00', 'ok 78c1ade2 460.735', 'system', 'Chương trình', '{"name":"Hồ Thị Mai","officer_id":"01a21daf-0240-7bfa-9760-3b94482bb25b","roles":["admin"],"salt":"6a9a5588889f1f9d","title":""}', 'e6a3ac5d22c2fcb8c11d20b2b63b8237450144b44ffcf084744266b2d3b9fe2a', '38375dea2ff80e641e523ab8c5ee411ce92056e5ed22cb57ac128bdcbf90f631', 'e694d36455d6829b1ad5e6627752a6c37f37443357aace5b23570818b7239498');
INSERT INTO public.event VALUES ('H50.99.01', 7, 'c-459bee0913c0d16f5eab3d70dc68ed11', '0df653d165b486f2', 3, '01a1f6c4-9200-78d6-b1c6-5596c4cd73d6', 'dossier.transferred', 1, '01a1f6c4-9200-7c43-88fb-cb831db5297b', '2026-11-20T09:24:00+07:00', 'back 78c1ade2 463.625', '01a21daf-0240-7bfa-9760-3b94482bb25b', 'Hồ Thị Mai', '{"note":"","salt":"95cf96a06330f725","to":{"name":"","side":"upper"}}', '98d27c91a2d12f8d2005d2d8bdf56aeea87aa42a5504ee03dff1e2bf5c0b1d78', 'e694d36455d6829b1ad5e6627752a6c37f37443357aace5b23570818b7239498', 'b87ad71769af3317296e48a1349788abac10748e406fe4f85b84c632c5ab0feb');
INSERT INTO public.meta VALUES ('schema', '1');
INSERT INTO public.meta VALUES ('epoch', 'f34375a288dd1c15');
INSERT INTO public.meta VALUES ('signing_key', 'plain:x+Sd/KVpBwD1akbExpXEHF2E6FHb0jBAHBJz2V52X7s=');
INSERT INTO public.meta VALUES ('ca_key', 'plain:LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JR0hBZ0VBTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSEJHMHdhd0lCQVFRZ1NIYTRBZ3RMakJ2cW43ejkKSm94aS85endKbWxoWmRmZ05XOXk3dzk1RC9haFJBTkNBQVJkcm9ZOGY5MlkyOFFETE5GdHJxdWI5N240Uk5hegpSUXpjOWFxVkFZNTJQRHV1Q1lxWUhxbFdnaWhmNUh1Zyt0TWhTZWNHWnNoUFUwY2dtbzNLQzRBUAotLS0tLUVORCBQUklWQVRFIEtFWS0tLS0tCg==');
INSERT INTO public.meta VALUES ('ca', '-----BEGIN CERTIFICATE-----
MIIBPzCB6KADAgECAhRahnWDAtbYwb+i4tWODgK2eUBSuDAKBggqhkjOPQQDAjAV
MRMwEQYDVQQDDApNb3QgQ3VhIENBMB4XDTE2MTEyOTE1NDU0MFoXDTQ2MTEyMjE1
NDU0MFowFTETMBEGA1UEAwwKTW90IEN1YSBDQTBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABF2uhjx/3ZjbxAMs0W2uq5v3ufhE1rNFDNz1qpUBjnY8O64JipgeqVaC
KF/ke6D60yFJ5wZmyE9TRyCajcoLgA+jFjAUMBIGA1UdEwEB/wQIMAYBAf8CAQAw
CgYIKoZIzj0EAwIDRgAwQwIfYubCz98tiVXDTI0xua4xyWeMHl94mC+oL4EVRX8O
nwIgWdC4K9hsFR1QKm5GXroixqura7qztaR0DYrHkJlOlwo=
');
INSERT INTO public.quarantine VALUES ('H50.99.01', 'c-19246b4d4a41dcc51b9129bc3f40ccb5', 'd71cc54741f16252', 5, '01a1f6c4-9200-7a38-b134-ae9417d30109', '01a1f6c4-9200-7a38-b134-ae9417d30109', 'H50.99.01-261120-7001', 'code_foreign', 'Mã hồ sơ H50.99.01-261120-7001 không thuộc xã và quầy này.', '{"device":"c-19246b4d4a41dcc51b9129bc3f40ccb5","incarnation":"d71cc54741f16252","dseq":5,"event_id":"01a1f6c4-9200-7a38-b134-ae9417d30109","type":"dossier.accepted","version":1,"subject":"01a1f6c4-9200-7a38-b134-ae9417d30109","occurred_at":"2026-11-20T09:24:00+07:00","clock":"ok 78c1ade2 463.242","actor_id":"system","actor_name":"Chương trình","payload":"{\"alias\":null,\"code\":\"H50.99.01-261120-7001\",\"counter_no\":1,\"due\":{\"amount\":3,\"calendar_version\":\"ed2e00cda707\",\"counted_from\":\"2026-11-20T09:24:00+07:00\",\"days\":[\"2026-11-23\",\"2026-11-25\",\"2026-11-26\"],\"due_at\":\"2026-11-26T17:00:00+07:00\",\"hours_version\":\"197da7e6c710\",\"provisional\":false,\"unit\":\"working_day\",\"why\":\"3 ngày làm việc, không tính ngày nhận. Bỏ qua Thứ Bảy, Chủ nhật và Thứ Ba 24/11 (Ngày Văn hóa Việt Nam).\"},\"due_override\":null,\"facts\":{\"applicant\":{\"address\":\"Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị\",\"also_known_as\":null,\"born_on\":\"1990-03-05\",\"email\":null,\"kind\":\"person\",\"name\":\"LÊ VĂN ĐẠT\",\"other_document\":null,\"personal_number\":\"045190001234\",\"phone\":\"0912000345\",\"sex\":\"female\",\"tax_code\":null},\"components\":[{\"certified\":0,\"copies\":0,\"id\":\"g1\",\"name\":\"Tờ khai cấp Giấy xác nhận tình trạng hôn nhân\",\"originals\":1,\"present\":false},{\"certified\":0,\"copies\":0,\"id\":\"g2\",\"name\":\"Giấy tờ tùy thân (xuất trình)\",\"originals\":0,\"present\":true}],\"fees\":[],\"note\":\"\",\"pages\":[],\"procedure\":{\"case_id\":\"ket-hon-lan-dau\",\"case_name\":\"Kết hôn lần đầu\",\"code\":\"1.004873\",\"field_code\":\"ho-tich\",\"field_name\":\"Hộ tịch\",\"name\":\"Cấp Giấy xác nhận tình trạng hôn nhân\",\"payment_policy\":\"resume\",\"result\":\"Giấy xác nhận tình trạng hôn nhân\",\"supplement_policy\":\"restart\",\"unit\":\"Tư pháp - Hộ tịch\",\"version\":\"2026-01\"},\"representative\":null,\"return_method\":\"counter\",\"sets\":1},\"form_set\":\"FS-2018\",\"identity_source\":\"typed\",\"office_version\":\"197da7e6c710\",\"origin\":\"counter\",\"receipt\":{\"key_id\":\"19246b4d\",\"no\":1,\"signature\":\"hQ4wop9q/H/lac9L6hQF/rjoyhKBrQfujbQijV1y0UqL24rixNOIVEII2IayHsIkiLxYEybBWgF2y+O5ctHjAQ==\"},\"received_at\":\"2026-11-20T09:24:00+07:00\",\"salt\":\"c618cbd272736b63\",\"slip\":true,\"visit_id\":null,\"warnings\":[\"duplicate\"]}","payload_hash":"e22cda328e1ef78a5f557094e95b40458288070a2c830c0fcd6d2fddcb7763b7","prev_hash":"54447b50b44e87229adec1ea55b96bc5ccc83c701ab312566c4b9ce7a4558c34","hash":"0b9a3affe8d8181709af21d6129eaf13c7742254fafff48840bc9af0f43cdc8b"}');
INSERT INTO public.spent_challenge VALUES ('1795794640.fa88e8fc410ff5c7.cdd0702f1be7713b07d174a9a6263f59', 1795794640);
INSERT INTO public.spent_challenge VALUES ('1795794640.93c70adfed1de2f3.d56d42d08c9f54a304fb10548665a37f', 1795794640);
INSERT INTO public.spent_challenge VALUES ('1795794641.f8321102817ae44e.b5710525e0f985339f92b5fb78134b8c', 1795794641);
INSERT INTO public.spent_challenge VALUES ('1795794641.b5500ea7b0104cfc.d9eb2b50e4c27b1f1480f4044fdeaf2c', 1795794641);
INSERT INTO public.spent_challenge VALUES ('1795794641.983b92b155eae1a4.9cfcf9e7479c1b0ca624b2994452742b', 1795794641);
INSERT INTO public.spent_challenge VALUES ('1795794641.a13f71917f209e8d.073bc4cf7e3f05be1ca7e3d42970f3c0', 1795794641);
INSERT INTO public.spent_challenge VALUES ('1795794641.8cd57436e1fbdc03.f0d50bf8b30327d44a82418ce28162e9', 1795794641);
INSERT INTO public.stream VALUES ('c-19246b4d4a41dcc51b9129bc3f40ccb5', 'd71cc54741f16252', 5, '0b9a3affe8d8181709af21d6129eaf13c7742254fafff48840bc9af0f43cdc8b');
INSERT INTO public.stream VALUES ('c-459bee0913c0d16f5eab3d70dc68ed11', '0df653d165b486f2', 3, 'b87ad71769af3317296e48a1349788abac10748e406fe4f85b84c632c5ab0feb');
ALTER TABLE ONLY public.commune
    ADD CONSTRAINT commune_pkey PRIMARY KEY (org);
ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.dossier
    ADD CONSTRAINT dossier_pkey PRIMARY KEY (commune, id);
ALTER TABLE ONLY public.enrol_code
    ADD CONSTRAINT enrol_code_pkey PRIMARY KEY (commune, counter);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (commune, cseq);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.notice_number
    ADD CONSTRAINT notice_number_pkey PRIMARY KEY (commune, kind, year);
ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (commune, device, incarnation, dseq);
ALTER TABLE ONLY public.spent_challenge
    ADD CONSTRAINT spent_challenge_pkey PRIMARY KEY (challenge);
ALTER TABLE ONLY public.stream
    ADD CONSTRAINT stream_pkey PRIMARY KEY (device, incarnation);
CREATE INDEX dossier_code ON public.dossier USING btree (commune, code);
CREATE INDEX dossier_received ON public.dossier USING btree (commune, received_at);
CREATE UNIQUE INDEX event_event_id ON public.event USING btree (commune, event_id);
CREATE UNIQUE INDEX event_origin ON public.event USING btree (commune, device, incarnation, dseq);
CREATE INDEX event_subject ON public.event USING btree (commune, subject);
CREATE INDEX ix_device_commune ON public.device USING btree (commune);
CREATE INDEX ix_spent_challenge_expires_at ON public.spent_challenge USING btree (expires_at);
CREATE INDEX quarantine_subject ON public.quarantine USING btree (commune, subject);
ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_commune_fkey FOREIGN KEY (commune) REFERENCES public.commune(org);
ALTER TABLE ONLY public.stream
    ADD CONSTRAINT stream_device_fkey FOREIGN KEY (device) REFERENCES public.device(id);
